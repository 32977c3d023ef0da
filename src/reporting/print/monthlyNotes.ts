/** What each figure of the monthly report counts, and which law it answers. */
import type { MonthlyReport } from "../monthlyReport.ts";
import { moment } from "./figures.ts";
import { type Html, html } from "./html.ts";
import { signatures } from "./printable.ts";

const DEFINITIONS: readonly (readonly [string, string])[] = [
  [
    "Recorded",
    "A request for erasure that was recorded in a lake in the period. The legal clock starts at its receipt by the controller, which may lie before.",
  ],
  [
    "Completed",
    "A request whose erasure was completed in the period: no row of the person was left but what the law demands to keep, and the person's key was destroyed. The request may have been recorded earlier.",
  ],
  [
    "Became overdue",
    "A request whose deadline passed in the period and that nobody had answered by then. One that was recorded past its deadline counts on the day it was recorded. A missed deadline stays counted, whatever happens later.",
  ],
  [
    "Still to be answered",
    "As of the moment the report was prepared, whenever recorded: neither completed nor refused. Past the deadline are those whose deadline lies before that moment, whether or not the lake has said so yet. Some of them may not be of this month.",
  ],
  [
    "Deadline",
    "The last hour of the day a month after receipt, moved to the next working day where it would fall on a Saturday, Sunday or public holiday of the lake's country (Regulation (EEC, Euratom) No 1182/71, Art. 3), as extended where it was extended.",
  ],
  ["In time", "Completed at or before the deadline, and never overdue."],
  [
    "Completion time",
    "From receipt by the controller to completion. The average is the arithmetic mean; 95 of 100 is the nearest rank.",
  ],
  [
    "Access",
    "One audited read, write, deletion or query. Accesses to something that belongs to no dataset count for the accessor and in the sum, and for no dataset.",
  ],
  [
    "Appended, published, put into quarantine",
    "Counted each time it happens in the period: a batch that is published anew counts again. The rate is of batches put into quarantine for those appended in the same period, whenever these were appended.",
  ],
  [
    "Delivered",
    "The last event of the lake that had arrived when the report was made, and when it was recorded. What a lake recorded since is not in this report.",
  ],
];

const SOURCES: readonly (readonly [string, string])[] = [
  ["Art. 5(2), 24(1)", "accountability: the controller can demonstrate compliance"],
  ["Art. 12(3)", "one month to act on a request, and its extension"],
  ["Art. 15, 20", "right of access, and to take the data along"],
  ["Art. 17", "right to erasure"],
  ["Art. 25", "data protection by design and by default"],
  ["Art. 32", "security of processing, and regular testing of it"],
  ["Reg. 1182/71, Art. 3", "how periods, dates and time limits are counted"],
];

export const monthlyNotes = ({ as_of }: MonthlyReport): Html => html`<section>
<h2 id="definitions">What the figures count</h2>
<dl class="defs">${DEFINITIONS.map(([term, text]) => html`<dt>${term}</dt><dd>${text}</dd>`)}</dl>
<h2 id="sources">Sources</h2>
<p>Articles without a name are of Regulation (EU) 2016/679, the General Data Protection Regulation.</p>
<ul class="sources">${SOURCES.map(([article, what]) => html`<li><b>${article}</b>: ${what}.</li>`)}</ul>
<p class="note">Prepared by Lethe on ${moment(as_of)} from the append-only event logs of the lakes. Each
log can be proven complete and unaltered by its signed checkpoints (<code>GET /log/checkpoint</code>). The
same figures are at <code>GET /reports/monthly</code> as JSON and as CSV.</p>
${signatures(["Prepared by", "Data protection officer", "Place and date"])}
</section>`;
