/** Access to data, and what became of the data itself, in the monthly report. */
import {
  type BatchStatus,
  type ContractStatus,
  MAX_MONTHLY_ROWS,
  type MonthlyReport,
} from "../monthlyReport.ts";
import { bars, columns, type Look } from "./charts.ts";
import { count, known, many, moment, monthLabel, monthName, share } from "./figures.ts";
import { type Html, html, named } from "./html.ts";
import { figure, table } from "./printable.ts";

/** What a page shows of a list; the JSON and the CSV have all of it. */
const SHOWN_BARS = 12;
const SHOWN_ROWS = 60;
const SHOWN_PURPOSES = 10;

/** The axis of rates shows four of a hundred at least. */
const LEAST_RATE = 0.04;

export const accessSection = (report: MonthlyReport): Html => html`<section>
<h2 id="access">Access to data</h2>
<p>Every read, write, query and download is on record before it is granted, with who, what and what
for (Art. 5(1)(f), 32(1)(b)).</p>
${report.accesses === 0 ? html`<p class="quiet">In ${monthName(report.month)} nobody accessed data.</p>` : accessTables(report)}
</section>`;

const accessTables = (report: MonthlyReport): Html => {
  const { access_by_purpose: purposes, access_by_action: actions, accesses } = report;
  return html`<h3>By dataset</h3>
${report.access_by_dataset.length === 0 ? html`<p class="quiet">None of the accesses was to a dataset.</p>` : datasetChart(report)}
<h3>By purpose</h3>
${table(
  `What the data was accessed for, as those who did said. ${rest(purposes, SHOWN_PURPOSES, "purpose")}`,
  [
    { name: "Purpose", of: ({ purpose }) => (purpose === null ? NO_PURPOSE : named(purpose)) },
    { name: "Accesses", number: true, of: (each) => count(each.count) },
    { name: "Share", number: true, of: (each) => known(share(each.count, accesses)) },
  ],
  purposes.slice(0, SHOWN_PURPOSES),
)}
<h3>By kind</h3>
${table(
  "Accesses by what was done.",
  [
    { name: "Action", of: ({ action }) => action },
    { name: "Accesses", number: true, of: (each) => count(each.count) },
    { name: "Share", number: true, of: (each) => known(share(each.count, accesses)) },
  ],
  actions,
  { total: ["All", count(accesses), share(accesses, accesses)] },
)}`;
};

const NO_PURPOSE = html`<span class="quiet">none given</span>`;

const datasetChart = ({ access_by_dataset: datasets, month }: MonthlyReport): Html => {
  const shown = datasets.slice(0, SHOWN_BARS);
  const chart = bars({
    id: "chart-datasets",
    title: `The ${many(shown.length, "dataset")} accessed most in ${monthName(month)}.`,
    rows: shown.map(({ lake_id, dataset_id, count: value }) => ({
      label: `${lake_id} / ${dataset_id}`,
      value,
    })),
  });
  return figure(chart, "Datasets accessed most, by number of accesses.", "figures-datasets");
};

export const datasetTable = ({ access_by_dataset: datasets }: MonthlyReport): Html =>
  table(
    `Accesses by dataset, most first. ${rest(datasets, SHOWN_ROWS, "dataset")}`,
    [
      { name: "Dataset", of: ({ dataset_id }) => named(dataset_id) },
      { name: "Lake", of: ({ lake_id }) => named(lake_id) },
      { name: "Accesses", number: true, of: (each) => count(each.count) },
    ],
    datasets.slice(0, SHOWN_ROWS),
    { id: "figures-datasets", look: "close" },
  );

export const accessorTable = ({ access_by_user: users, accesses }: MonthlyReport): Html =>
  table(
    `Accesses by accessor, most first. ${rest(users, SHOWN_ROWS, "accessor")}`,
    [
      { name: "Accessor", of: ({ accessor_id }) => named(accessor_id) },
      { name: "Accesses", number: true, of: (each) => count(each.count) },
      { name: "Share", number: true, of: (each) => known(share(each.count, accesses)) },
    ],
    users.slice(0, SHOWN_ROWS),
    { id: "figures-accessors", look: "close" },
  );

/** What a table leaves out, as the end of its caption. */
const rest = (rows: readonly { readonly count: number }[], shown: number, one: string): string => {
  const left = rows.slice(shown);
  if (left.length === 0) return "";
  const sum = left.reduce((total, row) => total + row.count, 0);
  // Of a list that was cut nobody knows what it lacks.
  const cut = rows.length < MAX_MONTHLY_ROWS ? "" : " at least";
  return `Another ${many(left.length, one)} with ${many(sum, "access", "accesses")}${cut}: see the CSV.`;
};

const STATES: Readonly<Record<BatchStatus, string>> = {
  appending: "Being appended",
  append_failed: "Append failed",
  append_cancelled: "Append cancelled",
  appended: "Appended",
  checked: "Checked",
  anonymized: "Anonymised",
  published: "Published",
  quarantined: "In quarantine",
  expired: "Expired or destroyed",
};

const lookOf = (status: BatchStatus): Look =>
  status === "quarantined" || status === "append_failed" ? "hatched" : "solid";

export const batchSection = (report: MonthlyReport): Html => html`<section>
<h2 id="data">Batches, quality and contracts</h2>
<p>A batch is one delivered file. It is checked, anonymised where personal data demands it and then
published; what fails goes into quarantine, from which nobody reads (Art. 5(1)(d), 25).</p>
<h3>Batches by state</h3>
${report.batches_by_state.length === 0 ? html`<p class="quiet">There is no batch yet.</p>` : states(report)}
<h3>Quarantine rate</h3>
${quarantine(report)}
<h3>Contracts</h3>
${contracts(report)}
</section>`;

const states = ({ batches_by_state, as_of }: MonthlyReport): Html => {
  const total = batches_by_state.reduce((sum, each) => sum + each.count, 0);
  const chart = bars({
    id: "chart-states",
    title: `Batches by state: ${many(total, "batch", "batches")} in all.`,
    rows: batches_by_state.map(({ status, count: value }) => ({
      label: STATES[status],
      value,
      look: lookOf(status),
    })),
  });
  return html`${figure(chart, "All batches, by the state they are in.", "figures-states")}
${table(
  `Batches by state as of ${moment(as_of)}, whenever they were appended.`,
  [
    { name: "State", of: ({ status }) => STATES[status] },
    { name: "Batches", number: true, of: (each) => count(each.count) },
    { name: "Share", number: true, of: (each) => known(share(each.count, total)) },
  ],
  batches_by_state,
  { id: "figures-states", total: ["All", count(total), share(total, total)] },
)}`;
};

const quarantine = ({ by_month: months, month }: MonthlyReport): Html => {
  const chart = columns({
    id: "chart-quarantine",
    title: `Batches put into quarantine for every hundred appended, in the twelve months to ${monthName(month)}.`,
    unit: "Put into quarantine, of those appended",
    categories: months.map((each) => monthLabel(each.month)),
    format: (value) => `${Math.round(value * 1000) / 10} %`,
    reaches: LEAST_RATE,
    series: [
      {
        name: "Put into quarantine",
        look: "hatched",
        values: months.map(({ batches_appended: whole, batches_quarantined: part }) =>
          whole === 0 ? 0 : part / whole,
        ),
      },
    ],
  });
  return html`${figure(chart, "Batches put into quarantine, of those appended in the month.", "figures-quarantine")}
${table(
  "Batches by month.",
  [
    { name: "Month", of: (each) => monthName(each.month) },
    { name: "Appended", number: true, of: (each) => count(each.batches_appended) },
    { name: "Published", number: true, of: (each) => count(each.batches_published) },
    { name: "Rows published", number: true, of: (each) => count(each.rows_published) },
    { name: "Put into quarantine", number: true, of: (each) => count(each.batches_quarantined) },
    {
      name: "Rate",
      number: true,
      of: (each) => known(share(each.batches_quarantined, each.batches_appended)),
    },
  ],
  months,
  { id: "figures-quarantine" },
)}`;
};

const CONTRACTS: Readonly<Record<ContractStatus, string>> = {
  defined: "Not approved yet",
  approved: "Approved",
  declined: "Declined",
  deprecated: "Ended",
};

const contracts = ({ contracts_by_status: all, as_of }: MonthlyReport): Html =>
  all.length === 0
    ? html`<p class="quiet">There is no contract yet.</p>`
    : table(
        `Contracts by status as of ${moment(as_of)}. At level strict nothing is appended before its contract is approved.`,
        [
          { name: "Status", of: ({ status }) => CONTRACTS[status] },
          { name: "Contracts", number: true, of: (each) => count(each.count) },
        ],
        all,
      );
