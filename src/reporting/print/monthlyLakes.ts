/** The lakes that a monthly report covers, each with its figures and how far it was delivered. */
import type { CoveredLake, MonthlyReport } from "../monthlyReport.ts";
import { count, known, many, stamp } from "./figures.ts";
import { type Html, html, named } from "./html.ts";
import { type Column, table } from "./printable.ts";

export const lakeSection = ({ lakes, lake_count }: MonthlyReport): Html => {
  const left = lake_count - lakes.length;
  return html`<section class="break">
<h2 id="lakes">Lakes covered</h2>
<p>Each lake keeps its own log; the figures of this report were made from what each had delivered by
the time named here.</p>
${table(
  `Figures by lake.${left > 0 ? ` Another ${many(left, "lake")} are counted above and not listed.` : ""}`,
  COLUMNS,
  lakes,
  { look: "fixed covered" },
)}
</section>`;
};

/** Heads may break at a soft hyphen: the columns are narrow. */
const COLUMNS: readonly Column<CoveredLake>[] = [
  {
    name: "Lake",
    of: ({ name, lake_id }) => html`${named(name)}<br><span class="quiet">${named(lake_id)}</span>`,
  },
  {
    name: "Place, level",
    of: ({ region, country, compliance_level }) =>
      html`${named(region)}, ${known(country)}<br><span class="quiet">${compliance_level}</span>`,
  },
  { name: "Re\u00adcorded", number: true, of: (lake) => count(lake.requested) },
  { name: "Com\u00adpleted", number: true, of: (lake) => count(lake.completed) },
  {
    name: "Over\u00addue",
    number: true,
    of: ({ overdue }) => (overdue === 0 ? "0" : html`<span class="late">${count(overdue)}</span>`),
  },
  { name: "Ac\u00adcesses", number: true, of: (lake) => count(lake.accesses) },
  { name: "Batch\u00ades", number: true, of: (lake) => count(lake.batches_appended) },
  { name: "Quaran\u00adtined", number: true, of: (lake) => count(lake.batches_quarantined) },
  {
    name: "Delivered, UTC",
    number: true,
    of: ({ events, last_recorded_at: last }) =>
      html`${known(last === null ? null : stamp(last))}<br><span class="quiet">event ${count(events)}</span>`,
  },
];
