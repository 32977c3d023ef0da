/** A lake at a glance: which deadlines come first, what waits for somebody, what there is. */
import type { ComponentChildren } from "preact";
import { withQuery } from "../api/http.ts";
import type { Page as Items } from "../api/pages.ts";
import type { Contract, Deletion, LakeReport } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { count, plural, words } from "../format.ts";
import { useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import {
  Badge,
  Deadline,
  LakeLink,
  PageHead,
  Refusal,
  Section,
  Time,
  Waiting,
} from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";
import { atOf, TimeTravel } from "../ui/timeTravel.tsx";

/** As many of each as can be due at once and still be read; the list of deletions has them all. */
const MOST = 200;
const SHOWN = 8;

/** Open requests, whichever is due first at the top. */
export const byDeadline = (deletions: readonly Deletion[]): readonly Deletion[] =>
  [...deletions].sort((a, b) => a.deadline.localeCompare(b.deadline));

const OPEN = ["pending", "in_progress", "held", "failed"] as const;

const Deadlines = () => {
  const [pending, running, held, failed] = OPEN.map((status) =>
    useQuestion<Items<Deletion>>(`/deletions?status=${status}&limit=${MOST}`),
  );
  const all = [pending, running, held, failed].filter((one) => one !== undefined);
  const refused = all.find((one) => one.state === "failed");
  if (refused?.state === "failed") {
    return <p class="note">{refused.problem.detail}</p>;
  }
  if (all.some(({ state }) => state === "loading")) return <Waiting />;
  const whole = all.every((one) => one.state !== "ready" || one.body.next_cursor === null);
  const open = byDeadline(all.flatMap((one) => (one.state === "ready" ? one.body.items : [])));
  return (
    <>
      <Table
        caption="Open requests for erasure, the first due at the top"
        rows={open.slice(0, SHOWN)}
        keyOf={({ deletion_id }) => deletion_id}
        empty={<p>Nobody waits to be forgotten.</p>}
        columns={[
          { title: "Due", cell: ({ deadline }) => <Deadline at={deadline} /> },
          { title: "Status", cell: ({ status }) => <Badge status={status} /> },
          {
            title: "Request",
            cell: ({ deletion_id }) => (
              <LakeLink to={`/deletions/${deletion_id}`}>
                <code class="short">{deletion_id.slice(0, 8)}</code>
              </LakeLink>
            ),
          },
          { title: "Asked for by", cell: ({ requested_by }) => requested_by },
        ]}
      />
      {open.length > SHOWN ? (
        <p class="more">
          {`${whole ? "" : "At least "}${count(open.length - SHOWN)} more are open.`}{" "}
          <LakeLink to="/deletions">All requests</LakeLink>
        </p>
      ) : null}
    </>
  );
};

interface Duty {
  readonly text: string;
  readonly to: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly grave: boolean;
}

/** What somebody has to look at, the gravest first. */
export const dutiesOf = (report: LakeReport, unapproved: number): readonly Duty[] => {
  const quarantined = report.batches.quarantined ?? 0;
  const failed = report.batches.append_failed ?? 0;
  const parked = report.parked_duties ?? 0;
  const all: readonly (Duty & { readonly many: number })[] = [
    {
      many: report.overdue_deletions,
      text: `${plural(report.overdue_deletions, "request")} for erasure overdue`,
      to: "/deletions",
      query: { overdue: "true" },
      grave: true,
    },
    {
      many: parked,
      text: `${plural(parked, "duty", "duties")} of the lake failing, and tried again`,
      to: "/events",
      grave: true,
    },
    {
      many: quarantined,
      text: `${plural(quarantined, "batch", "batches")} in quarantine`,
      to: "/batches",
      query: { state: "quarantined" },
      grave: false,
    },
    {
      many: failed,
      text: `${plural(failed, "upload")} that could not be taken over`,
      to: "/batches",
      query: { state: "append_failed" },
      grave: false,
    },
    {
      many: report.freshness_breaches,
      text: `${plural(report.freshness_breaches, "contract")} whose data is too old`,
      to: "/datasets",
      grave: false,
    },
    {
      many: unapproved,
      text: `${plural(unapproved, "contract")} that nobody has approved`,
      to: "/contracts",
      query: { status: "defined" },
      grave: false,
    },
  ];
  return all.filter(({ many }) => many > 0);
};

const Attention = ({ report }: { readonly report: LakeReport }) => {
  const contracts = useQuestion<Items<Contract>>(`/contracts?status=defined&limit=${MOST}`);
  const unapproved = contracts.state === "ready" ? contracts.body.items.length : 0;
  const duties = dutiesOf(report, unapproved);
  if (duties.length === 0) return <p class="note">Nothing waits for anybody.</p>;
  return (
    <ul class="duties">
      {duties.map(({ text, to, query = {}, grave }) => (
        <li key={text} class={grave ? "grave" : ""}>
          <LakeLink to={to} query={query}>
            {text}
          </LakeLink>
        </li>
      ))}
    </ul>
  );
};

const Figure = ({
  value,
  name,
  to,
  note,
}: {
  readonly value: number;
  readonly name: string;
  readonly to: string;
  readonly note?: ComponentChildren;
}) => (
  <li>
    <LakeLink to={to}>
      <span class="figure">{count(value)}</span>
      <span class="figure-name">{name}</span>
    </LakeLink>
    {note === undefined ? null : <span class="near">{note}</span>}
  </li>
);

const Figures = ({ report }: { readonly report: LakeReport }) => {
  const batches = Object.entries(report.batches);
  const total = batches.reduce((sum, [, many]) => sum + many, 0);
  return (
    <ul class="figures-row">
      <Figure
        value={report.datasets}
        name={report.datasets === 1 ? "dataset" : "datasets"}
        to="/datasets"
        note={`${count(report.pii_datasets)} with personal data`}
      />
      <Figure
        value={total}
        name={total === 1 ? "batch" : "batches"}
        to="/batches"
        note={batches.map(([state, many]) => `${count(many)} ${words(state)}`).join(", ")}
      />
      <Figure
        value={report.pending_deletions}
        name={report.pending_deletions === 1 ? "erasure pending" : "erasures pending"}
        to="/deletions"
      />
      <Figure
        value={report.access_events}
        name={report.access_events === 1 ? "access on record" : "accesses on record"}
        to="/access-log"
      />
      <Figure
        value={report.events}
        name={report.events === 1 ? "event in the log" : "events in the log"}
        to="/events"
      />
    </ul>
  );
};

const Overview = ({ query }: PageProps) => {
  const at = atOf(query);
  const report = useQuestion<LakeReport>(withQuery("/report", { at }));
  if (report.state === "loading") return <Waiting />;
  if (report.state === "failed") {
    return (
      <>
        <PageHead title="Overview" />
        <Refusal problem={report.problem} retry={report.reload} />
      </>
    );
  }
  const { body } = report;
  return (
    <>
      <PageHead
        title={body.lake}
        lead={
          <>
            {`Level ${body.compliance}, region ${body.region}. As of `}
            <Time at={body.as_of} near={false} />
          </>
        }
      >
        <TimeTravel query={query} />
      </PageHead>
      <Figures report={body} />
      {at === undefined ? (
        <div class="two">
          <Section title="Due first">
            <Deadlines />
          </Section>
          <Section title="Waits for somebody">
            <Attention report={body} />
          </Section>
        </div>
      ) : (
        <p class="note">
          {`${plural(body.overdue_deletions, "request")} for erasure was overdue then.`}
        </p>
      )}
    </>
  );
};

export const overviewPage: Page = {
  path: "/",
  scope: "lake",
  view: Overview,
  nav: { group: "Lake", label: "Overview" },
};
