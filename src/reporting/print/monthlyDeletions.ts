/** Erasures in the monthly report: by day, against their deadlines, and over a year. */
import type { DeletionCounts, MonthlyReport } from "../monthlyReport.ts";
import { bandLabel, bandName, inTime } from "./bands.ts";
import { columns, type Series } from "./charts.ts";
import { count, date, duration, known, many, monthLabel, monthName, share } from "./figures.ts";
import { type Html, html } from "./html.ts";
import { figure, table } from "./printable.ts";

export const deletionSection = (report: MonthlyReport): Html => html`<section>
<h2 id="erasure">Requests for erasure</h2>
<p>A person's request to be forgotten (Art. 17) is answered without undue delay and within one month
of its receipt, or within three where it is complex and the person was told so in the first month
(Art. 12(3)).</p>
<h3>Day by day</h3>
${byDay(report)}
<h3>Completion and deadline</h3>
${againstDeadline(report)}
<h3>Twelve months</h3>
${byMonth(report)}
</section>
<section>
<h2 id="subject-access">Requests for access</h2>
${subjectAccess(report)}
</section>`;

const subjectAccess = ({ subject_accesses: counts, month }: MonthlyReport): Html => {
  const { requested, ready, overdue, extended, rejected } = counts;
  if (requested + ready + overdue + extended + rejected === 0) {
    return html`<p class="quiet">In ${monthName(month)} nobody asked what is held about them (Art. 15), and no such request was answered, extended, refused or became overdue.</p>`;
  }
  return html`<p>Requests of persons to be told what is held about them (Art. 15), in a form they can take
along (Art. 20). The same deadlines count.</p>
${table(
  `Requests for access in ${monthName(month)}.`,
  [
    { name: "What happened", of: ([what]) => what },
    { name: "Requests", number: true, of: ([, value]) => value },
  ],
  [
    ["Recorded", count(requested)],
    ["Collected: the file was ready to be given out", count(ready)],
    ["Became overdue", late(overdue)],
    ["Extended", count(extended)],
    ["Refused (Art. 12(5))", count(rejected)],
  ] as const,
)}`;
};

const byDay = ({ month, deletions_by_day: days, deletions }: MonthlyReport): Html => {
  const name = monthName(month);
  const { requested, completed, overdue, extended, rejected } = deletions;
  const others = html`<p>In ${name} ${many(extended, "request was", "requests were")} extended and ${count(rejected)} refused on a
ground in law.</p>`;
  if (requested + completed + overdue === 0) {
    return html`<p class="quiet">In ${name} no request was recorded, none completed, and none became overdue.</p>
${extended + rejected === 0 ? null : others}`;
  }
  const chart = columns({
    id: "chart-days",
    title: `Requests for erasure by day of ${name}: ${count(requested)} recorded, ${count(completed)} completed, ${count(overdue)} became overdue.`,
    unit: "Requests",
    axis: `Day of ${name}`,
    categories: days.map(({ day }) => String(Number(day.slice(8)))),
    series: seriesOf(days),
  });
  return html`${others}
${figure(chart, "Requests recorded, completed and overdue, by day.", "figures-days")}`;
};

const seriesOf = (counts: readonly DeletionCounts[]): readonly Series[] => [
  { name: "Recorded", look: "plain", values: counts.map((each) => each.requested) },
  { name: "Completed", look: "solid", values: counts.map((each) => each.completed) },
  { name: "Became overdue", look: "hatched", values: counts.map((each) => each.overdue) },
];

/** The days of the month on which anything happened. */
export const dayTable = ({ deletions_by_day: days, deletions }: MonthlyReport): Html => {
  const { requested, completed, overdue } = deletions;
  return table(
    "Requests for erasure by day. Days on which nothing happened are left out.",
    [
      { name: "Day", of: ({ day }) => date(day) },
      { name: "Recorded", number: true, of: (each) => count(each.requested) },
      { name: "Completed", number: true, of: (each) => count(each.completed) },
      { name: "Became overdue", number: true, of: (each) => late(each.overdue) },
    ],
    days.filter((each) => each.requested + each.completed + each.overdue > 0),
    {
      id: "figures-days",
      look: "close",
      total: ["Month", count(requested), count(completed), count(overdue)],
    },
  );
};

const late = (value: number): string | Html =>
  value === 0 ? "0" : html`<span class="late">${count(value)}</span>`;

const againstDeadline = ({ completions, deletions, month }: MonthlyReport): Html => {
  const { completed, completed_in_time } = deletions;
  if (completed === 0)
    return html`<p class="quiet">No erasure was completed in ${monthName(month)}.</p>`;
  const counts = completions.map((band) => band.count);
  const only = (is: boolean) => completions.map((band) => (inTime(band) === is ? band.count : 0));
  const chart = columns({
    id: "chart-deadline",
    title: `Completed erasures by days between completion and deadline: ${count(completed_in_time)} of ${count(completed)} in time.`,
    unit: "Erasures",
    axis: "Days before the deadline, and behind it",
    categories: completions.map(bandLabel),
    stacked: true,
    series: [
      { name: "In time", look: "solid", values: only(true) },
      { name: "Late", look: "hatched", values: only(false) },
    ],
    mark: { before: completions.filter(inTime).length, label: "Deadline" },
  });
  return html`${figure(
    chart,
    `Completed in ${monthName(month)}: ${share(completed_in_time, completed) ?? "none"} in time.`,
    "figures-deadline",
  )}
${table(
  html`Completed erasures, by how long before or after the deadline. From receipt to completion took ${duration(deletions.average_completion_seconds)} on average, and ${duration(deletions.p95_completion_seconds)} or less in 95 of 100 cases.`,
  [
    { name: "Completed", of: bandName },
    {
      name: "Erasures",
      number: true,
      of: (band) => (inTime(band) ? count(band.count) : late(band.count)),
    },
    { name: "Share", number: true, of: (band) => known(share(band.count, completed)) },
  ],
  completions,
  {
    id: "figures-deadline",
    total: ["All", count(counts.reduce((sum, each) => sum + each, 0)), share(completed, completed)],
  },
)}`;
};

const byMonth = ({ by_month: months, month }: MonthlyReport): Html => {
  const chart = columns({
    id: "chart-months",
    title: `Requests for erasure in the twelve months to ${monthName(month)}: recorded, completed and overdue.`,
    unit: "Requests",
    categories: months.map((each) => monthLabel(each.month)),
    series: seriesOf(months),
  });
  return html`${figure(chart, `The twelve months to ${monthName(month)}.`, "figures-months")}
${table(
  "Requests and completion by month.",
  [
    { name: "Month", of: (each) => monthName(each.month) },
    { name: "Recorded", number: true, of: (each) => count(each.requested) },
    { name: "Completed", number: true, of: (each) => count(each.completed) },
    { name: "Became overdue", number: true, of: (each) => late(each.overdue) },
    {
      name: "Average completion",
      number: true,
      of: (each) => known(duration(each.average_completion_seconds)),
    },
  ],
  months,
  { id: "figures-months" },
)}`;
};
