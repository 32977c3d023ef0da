/**
 * The monthly report as a document to print: what a data protection officer shows a supervisory
 * authority to be able to demonstrate compliance (GDPR Art. 5(2), 24(1)). Every chart is a picture
 * of a table in it, every figure is defined in it.
 */
import { MAX_MONTHLY_ROWS, type MonthlyReport, standsAt } from "../monthlyReport.ts";
import { count, date, duration, known, many, moment, monthName, share, stamp } from "./figures.ts";
import { type Html, html, type Part } from "./html.ts";
import { accessorTable, accessSection, batchSection, datasetTable } from "./monthlyData.ts";
import { dayTable, deletionSection } from "./monthlyDeletions.ts";
import { lakeSection } from "./monthlyLakes.ts";
import { monthlyNotes } from "./monthlyNotes.ts";
import {
  about,
  type Fact,
  facts,
  lacking,
  note,
  printable,
  type ReportDocument,
} from "./printable.ts";

export const monthlyPage = (report: MonthlyReport): ReportDocument => {
  const title = `Monthly compliance report, ${monthName(report.month)}`;
  return printable({
    filename: `lethe-monthly-${report.month}.html`,
    title,
    body: html`${cover(report)}
<main>
${deletionSection(report)}
${accessSection(report)}
${batchSection(report)}
${lakeSection(report)}
${annex(report)}
${monthlyNotes(report)}
</main>`,
  });
};

const annex = (report: MonthlyReport): Html => html`<section>
<h2 id="annex">Annex: figures of the charts</h2>
${dayTable(report)}
${report.accesses === 0 ? null : [datasetTable(report), accessorTable(report)]}
</section>`;

const cover = (report: MonthlyReport): Html => html`<header class="cover">
<p class="kind">Lethe · Data protection</p>
<h1>Monthly compliance report</h1>
<p class="lead">${monthName(report.month)}</p>
${about([
  ["Period", periodOf(report)],
  ["Lakes covered", coverage(report)],
  ["Prepared", moment(report.as_of)],
  ["Delivered up to", delivered(report)],
])}
${lacking(report.rebuilding)}
${report.as_of < report.until ? note(`This month is not over: the figures stand as of ${moment(report.as_of)}.`, true) : null}
<h2>In short</h2>
<p>${inShort(report)}</p>
${facts(factsOf(report))}
</header>`;

const periodOf = ({ from, month, until }: MonthlyReport): string => {
  const last = new Date(Date.parse(until) - 1).toISOString();
  return `${Number(from.slice(8, 10))} to ${date(last)} (${month}), days counted in UTC`;
};

const coverage = ({ lake_count, lakes }: MonthlyReport): Part => {
  const [only] = lakes;
  if (lake_count === 1 && only !== undefined)
    return html`<bdi>${only.name}</bdi> (<bdi>${only.lake_id}</bdi>)`;
  return html`${count(lake_count)}: <a href="#lakes">each with its figures</a>`;
};

const delivered = ({ lakes }: MonthlyReport): Part => {
  const times = lakes.flatMap(({ last_recorded_at }) => last_recorded_at ?? []).sort();
  const last = times.at(-1);
  if (last === undefined) return known(null);
  const events = lakes.reduce((sum, lake) => sum + lake.events, 0);
  return html`${moment(last)}, ${many(events, "event")}; <a href="#lakes">each lake's own</a>`;
};

/** Of a month that is over, when it ended. */
const leftOpen = ({ as_of, until, deletions: { open_overdue } }: MonthlyReport): string => {
  const what = "past the deadline and still to be answered";
  return as_of < until
    ? `${many(open_overdue, "request is", "requests are")} ${what}`
    : `${many(open_overdue, "request was", "requests were")} ${what} at its end`;
};

/** The one sentence that somebody reads who reads no other. */
const inShort = (report: MonthlyReport): string => {
  const { month, deletions, accesses, lake_count } = report;
  const { requested, completed, completed_in_time, overdue, open_overdue } = deletions;
  const lakes = `Across ${many(lake_count, "lake")}`;
  const asked = `${many(requested, "request")} for erasure ${requested === 1 ? "was" : "were"} recorded in ${monthName(month)}`;
  const done =
    completed === 0
      ? "no erasure was completed"
      : `${many(completed, "erasure was", "erasures were")} completed, ${
          completed_in_time === completed
            ? "all in time"
            : `${count(completed_in_time)} of them in time`
        }`;
  const late =
    overdue === 0
      ? "No deadline passed unanswered in the month."
      : `${many(overdue, "deadline")} passed unanswered.`;
  const owed = open_overdue === 0 ? "" : `${leftOpen(report)}. `;
  return `${lakes}, ${asked}; ${done}. ${late} ${owed}${many(accesses, "access", "accesses")} to data ${accesses === 1 ? "is" : "are"} on record.`;
};

const factsOf = (report: MonthlyReport): readonly Fact[] => {
  const { deletions, accesses, access_by_user } = report;
  const { requested, completed, completed_in_time, overdue, open, open_overdue } = deletions;
  const average = duration(deletions.average_completion_seconds);
  const p95 = duration(deletions.p95_completion_seconds);
  return [
    { name: "Requests for erasure recorded", value: count(requested), more: "Art. 17" },
    {
      name: "Erasures completed",
      value: count(completed),
      more:
        completed === 0
          ? "none"
          : `${known(share(completed_in_time, completed))} in time; ${average} on average, ${p95} for 95 of 100`,
    },
    {
      name: "Deadlines passed unanswered",
      value: count(overdue),
      more: overdue === 0 ? "none in this month" : "see the days below",
      alert: overdue > 0,
    },
    {
      name: "Requests still to be answered",
      value: count(open),
      more:
        open === 0
          ? "none is open"
          : `${open_overdue === 0 ? "none" : count(open_overdue)} of them past the deadline; as of ${stamp(standsAt(report))} UTC`,
      alert: open_overdue > 0,
    },
    {
      name: "Accesses to data on record",
      value: count(accesses),
      more:
        accesses === 0
          ? "by nobody"
          : html`by <a href="#figures-accessors">${many(access_by_user.length, "accessor")}${access_by_user.length < MAX_MONTHLY_ROWS ? null : " or more"}</a>`,
    },
  ];
};
