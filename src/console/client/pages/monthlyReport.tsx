/** The compliance report of one month across lakes: how requests were answered, who accessed what. */
import { useState } from "preact/hooks";
import { withQuery } from "../api/http.ts";
import type { PageProps } from "../context.ts";
import { count, plural } from "../format.ts";
import { useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { go } from "../place.ts";
import { isMonth, monthFrom, spanOf } from "../reports.ts";
import { urlOf } from "../router.ts";
import { Bars } from "../ui/bars.tsx";
import { Download } from "../ui/download.tsx";
import { PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { Rebuilding } from "../ui/rebuilding.tsx";
import { Table } from "../ui/table.tsx";
import { KeptReports } from "./keptReports.tsx";

interface Counts {
  readonly requested: number;
  readonly completed: number;
  readonly overdue: number;
}

interface Report {
  readonly month: string;
  readonly as_of: string;
  readonly rebuilding?: { readonly lakes: number };
  readonly lake_count: number;
  readonly deletions: Counts & {
    readonly average_completion_seconds: number | null;
    readonly p95_completion_seconds: number | null;
    readonly completed_in_time: number;
    readonly open: number;
    readonly open_overdue: number;
  };
  readonly by_month: readonly (Counts & {
    readonly month: string;
    readonly average_completion_seconds: number | null;
  })[];
  readonly accesses: number;
  readonly access_by_dataset: readonly {
    readonly lake_id: string;
    readonly dataset_id: string;
    readonly count: number;
  }[];
  readonly access_by_user: readonly { readonly accessor_id: string; readonly count: number }[];
}

const PATH = "/reports/monthly";
/** Of each list on the page; the documents have them all. */
const SHOWN = 25;

const Figure = ({ value, name, near }: Readonly<Record<"value" | "name" | "near", string>>) => (
  <li>
    <span class="figure">{value}</span>
    <span class="figure-name">{name}</span>
    {near === "" ? null : <span class="near">{near}</span>}
  </li>
);

const Figures = ({ report: { deletions, accesses } }: { readonly report: Report }) => (
  <ul class="figures-row">
    <Figure value={count(deletions.requested)} name="erasures requested" near="" />
    <Figure
      value={count(deletions.completed)}
      name="completed"
      near={`${count(deletions.completed_in_time)} in time`}
    />
    <Figure value={count(deletions.overdue)} name="became overdue" near="" />
    <Figure
      value={spanOf(deletions.average_completion_seconds) ?? "–"}
      name="to completion, on average"
      near={
        deletions.p95_completion_seconds === null
          ? ""
          : `95 of 100 within ${spanOf(deletions.p95_completion_seconds)}`
      }
    />
    <Figure
      value={count(deletions.open)}
      name="open as of now"
      near={`${count(deletions.open_overdue)} overdue`}
    />
    <Figure value={count(accesses)} name="accesses" near="" />
  </ul>
);

const Trend = ({ report }: { readonly report: Report }) => (
  <Section title="The months until then">
    <Bars
      one="request"
      many="requests"
      bars={report.by_month.map(({ month, requested }) => ({ label: month, value: requested }))}
    />
    <Table
      caption="Requests by month"
      rows={report.by_month.filter((one) => one.requested + one.completed + one.overdue > 0)}
      keyOf={({ month }) => month}
      empty={<p>Nobody has asked to be forgotten in these months.</p>}
      columns={[
        { title: "Month", cell: ({ month }) => month },
        { title: "Requested", figures: true, cell: (one) => count(one.requested) },
        { title: "Completed", figures: true, cell: (one) => count(one.completed) },
        { title: "Overdue", figures: true, cell: (one) => count(one.overdue) },
        {
          title: "On average",
          figures: true,
          cell: (one) => spanOf(one.average_completion_seconds) ?? "",
        },
      ]}
    />
  </Section>
);

const More = ({ rows }: { readonly rows: number }) =>
  rows <= SHOWN ? null : <p class="more">{`${count(rows - SHOWN)} more are in the documents.`}</p>;

const AccessTables = ({ report }: { readonly report: Report }) => (
  <div class="two">
    <Section title="Access by dataset">
      <Table
        caption="Accesses by dataset, the most at the top"
        rows={report.access_by_dataset.slice(0, SHOWN)}
        keyOf={({ lake_id, dataset_id }) => `${lake_id} ${dataset_id}`}
        empty={<p>No dataset was accessed.</p>}
        columns={[
          {
            title: "Dataset",
            cell: ({ lake_id, dataset_id }) => (
              <a href={urlOf(lake_id, `/datasets/${encodeURIComponent(dataset_id)}`)}>
                {dataset_id}
              </a>
            ),
          },
          { title: "Lake", cell: ({ lake_id }) => lake_id },
          { title: "Accesses", figures: true, cell: (one) => count(one.count) },
        ]}
      />
      <More rows={report.access_by_dataset.length} />
    </Section>
    <Section title="Access by user">
      <Table
        caption="Accesses by user, the most at the top"
        rows={report.access_by_user.slice(0, SHOWN)}
        keyOf={({ accessor_id }) => accessor_id}
        empty={<p>Nobody has accessed anything.</p>}
        columns={[
          { title: "User", cell: ({ accessor_id }) => accessor_id },
          { title: "Accesses", figures: true, cell: (one) => count(one.count) },
        ]}
      />
      <More rows={report.access_by_user.length} />
    </Section>
  </div>
);

const MonthPicker = ({ month }: { readonly month: string }) => {
  const [chosen, setChosen] = useState(month);
  const at = (away: number) => urlOf(null, PATH, { month: monthFrom(month, away) });
  return (
    <form
      class="time-travel"
      onSubmit={(event) => {
        event.preventDefault();
        if (isMonth(chosen)) go(urlOf(null, PATH, { month: chosen }));
      }}
    >
      <a href={at(-1)} class="button" aria-label="The month before">
        ←
      </a>
      <a href={at(1)} class="button" aria-label="The month after">
        →
      </a>
      <label>
        <span>Month (UTC)</span>
        <input
          type="month"
          placeholder="2026-11"
          value={chosen}
          onInput={(event) => setChosen(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Look</button>
    </form>
  );
};

const Documents = ({ month }: { readonly month: string }) => (
  <Section title="As a document">
    <div class="actions">
      {(["html", "csv", "json"] as const).map((format) => (
        <Download
          key={format}
          path={withQuery(PATH, { month, format })}
          filename={`lethe-monthly-${month}.${format}`}
        >
          {format === "html" ? "A page to print" : format.toUpperCase()}
        </Download>
      ))}
    </div>
  </Section>
);

const MonthlyReport = ({ query }: PageProps) => {
  const month =
    query.month !== undefined && isMonth(query.month)
      ? query.month
      : new Date().toISOString().slice(0, 7);
  const report = useQuestion<Report>(withQuery(PATH, { month }));
  return (
    <>
      <PageHead
        title={`Report of ${month}`}
        lead={
          report.state === "ready" ? (
            <>
              {`${plural(report.body.lake_count, "lake")}, as of `}
              <Time at={report.body.as_of} near={false} />
            </>
          ) : undefined
        }
      >
        <MonthPicker key={month} month={month} />
      </PageHead>
      {report.state === "loading" ? <Waiting /> : null}
      {report.state === "failed" ? (
        <Refusal problem={report.problem} retry={report.reload} />
      ) : null}
      {report.state === "ready" ? (
        <>
          <Rebuilding lakes={report.body.rebuilding?.lakes ?? 0} />
          <Figures report={report.body} />
          <Trend report={report.body} />
          <AccessTables report={report.body} />
          <Documents month={month} />
        </>
      ) : null}
      <KeptReports />
    </>
  );
};

export const monthlyReportPage: Page = {
  path: PATH,
  scope: "platform",
  view: MonthlyReport,
  nav: { group: "All lakes", label: "Monthly report" },
};
