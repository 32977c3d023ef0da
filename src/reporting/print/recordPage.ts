/**
 * The record of processing activities (GDPR Art. 30(1)) as a document to print: what a controller
 * makes available to the supervisory authority on request (Art. 30(4)).
 */
import { dayOf } from "../../application/months.ts";
import type { ProcessingRecord, RecordedActivity } from "../processingRecord.ts";
import { count, date, many, moment } from "./figures.ts";
import { type Html, html, named } from "./html.ts";
import {
  about,
  lacking,
  note,
  printable,
  type ReportDocument,
  signatures,
  table,
} from "./printable.ts";
import { type Entry, LETTERS_OF_LAKE, TITLES } from "./recordEntries.ts";

export const recordPage = (record: ProcessingRecord): ReportDocument => {
  const { as_of, items, next_cursor } = record;
  const lakes = [...Map.groupBy(items, ({ lake_id }) => lake_id).values()];
  return printable({
    filename: `lethe-processing-record-${dayOf(as_of)}.html`,
    title: "Record of processing activities",
    body: html`<header class="cover">
<p class="kind">Lethe · Data protection</p>
<h1>Record of processing activities</h1>
<p class="lead">Article 30(1), General Data Protection Regulation</p>
${about([
  ["Prepared", moment(as_of)],
  [
    "Covers",
    `${many(items.length, "processing activity", "processing activities")} in ${many(lakes.length, "lake")}: one for each dataset`,
  ],
  [
    "Made from",
    "the lakes' datasets, contracts, appended files and access logs, as delivered by then",
  ],
])}
${lacking(record.rebuilding)}
${next_cursor === null ? null : note("This record goes on: the next part is asked for with the cursor that the JSON names as next_cursor, and a single lake with lake_id.", true)}
${note(html`What nobody has told Lethe is marked <b class="late">not recorded</b>, with how to record it. It is to be completed before the record is handed out.`)}
</header>
<main>
${items.length === 0 ? html`<p class="quiet">There is no dataset in the lakes that you watch.</p>` : contents(items)}
${lakes.map(lakeSection)}
<section>
<h2 id="sources">Sources</h2>
<ul class="sources">
<li><b>Art. 30(1)(a) to (g)</b>: what the controller's record contains; each entry names its letter.</li>
<li><b>Art. 30(3), (4)</b>: in writing, also in electronic form; made available to the supervisory authority on request.</li>
<li><b>Art. 30(2)</b>: the record of a processor is another one, and not this.</li>
</ul>
${signatures(["Controller", "Data protection officer", "Place and date"])}
</section>
</main>`,
  });
};

const contents = (items: readonly RecordedActivity[]): Html => html`<section>
<h2 id="activities">Activities</h2>
${table(
  "All activities of this record, by lake.",
  [
    { name: "Dataset", of: (each) => named(each.dataset_id) },
    { name: "Lake", of: (each) => named(each.lake_name) },
    {
      name: "Personal data",
      of: ({ contains_pii: is }) => (is === null ? NOT : is ? "yes" : "no"),
    },
    { name: "Kept for", of: kept },
    {
      name: "Not recorded",
      number: true,
      of: ({ art_30_1 }) =>
        count(art_30_1.reduce((sum, each) => sum + each.not_recorded.length, 0)),
    },
  ],
  items,
)}
</section>`;

const NOT = html`<span class="late">not recorded</span>`;

const kept = ({ contracts }: RecordedActivity): string | Html => {
  const days = contracts
    .filter(({ status }) => status === "defined" || status === "approved")
    .map(({ retention_days }) => retention_days);
  return days.length === 0 ? NOT : many(Math.max(...days), "day");
};

const lakeSection = (items: readonly RecordedActivity[]): Html => {
  const [first] = items;
  if (first === undefined) return html``;
  return html`<section class="break">
<h2>${named(first.lake_name)}</h2>
<p class="quiet">Lake ${named(first.lake_id)}</p>
<div class="entry">${list(first.art_30_1.filter(({ letter }) => LETTERS_OF_LAKE.includes(letter)))}</div>
${items.map(activitySection)}
</section>`;
};

const activitySection = (activity: RecordedActivity): Html => html`<article class="entry">
<h3>${named(activity.dataset_id)}</h3>
<p class="quiet">Registered on ${date(activity.registered_at)}${activity.status === "deprecated" ? ", no longer in use" : ""}</p>
${list(activity.art_30_1.filter(({ letter }) => !LETTERS_OF_LAKE.includes(letter)))}
</article>`;

const list = (entries: readonly Entry[]): Html =>
  html`<dl>${entries.map(
    ({
      letter,
      recorded,
      not_recorded,
    }) => html`<dt>${TITLES[letter]}<small>Art. 30(1)(${letter})</small></dt>
<dd><ul>
${recorded.map((line) => html`<li>${named(line)}</li>\n`)}${not_recorded.map(
  ({ what, how }) =>
    html`<li class="missing">Not recorded: ${what}. <span>Where it belongs: ${how}.</span></li>\n`,
)}</ul></dd>`,
  )}</dl>`;
