/** Requests to be forgotten that are still owed an answer, across lakes, the first due at the top. */
import type { PageProps } from "../context.ts";
import { plural } from "../format.ts";
import type { Page } from "../pages.ts";
import { urlOf } from "../router.ts";
import { Badge, Deadline, PageHead, Refusal, Time, Waiting } from "../ui/parts.tsx";
import { Rebuilding } from "../ui/rebuilding.tsx";
import { Table } from "../ui/table.tsx";
import { useWhole } from "../useWhole.ts";

interface Pending {
  readonly lake_id: string;
  readonly deletion_id: string;
  readonly status: string;
  readonly requested_by: string;
  readonly received_at: string;
  readonly deadline: string;
  readonly extended_at: string | null;
  readonly overdue: boolean;
}

const PATH = "/reports/deletions";

const SPANS = [
  ["", "all"],
  ["7", "due in a week"],
  ["30", "due in 30 days"],
] as const;

const told = (items: readonly Pending[], whole: boolean): string => {
  const overdue = items.filter((one) => one.overdue).length;
  const open = `${whole ? "" : "The first "}${plural(items.length, "request")} open`;
  return overdue === 0 ? `${open}, none overdue.` : `${open}, ${overdue} overdue.`;
};

const Requests = ({ items }: { readonly items: readonly Pending[] }) => (
  <Table
    caption="Open requests for erasure, the first due at the top"
    rows={items}
    keyOf={({ lake_id, deletion_id }) => `${lake_id} ${deletion_id}`}
    empty={<p>Nobody waits to be forgotten.</p>}
    columns={[
      { title: "Due", cell: ({ deadline }) => <Deadline at={deadline} /> },
      {
        title: "Status",
        cell: ({ status, overdue }) => <Badge status={overdue ? "overdue" : status} />,
      },
      { title: "Lake", cell: ({ lake_id }) => <a href={urlOf(lake_id, "/")}>{lake_id}</a> },
      {
        title: "Request",
        cell: ({ lake_id, deletion_id }) => (
          <a href={urlOf(lake_id, `/deletions/${encodeURIComponent(deletion_id)}`)}>
            <code class="short">{deletion_id.slice(0, 8)}</code>
          </a>
        ),
      },
      { title: "Asked for by", cell: ({ requested_by }) => requested_by },
      { title: "Received", cell: ({ received_at }) => <Time at={received_at} /> },
      {
        title: "Extended",
        cell: ({ extended_at }) => (extended_at === null ? "no" : <Time at={extended_at} />),
      },
    ]}
  />
);

const PendingDeletions = ({ query }: PageProps) => {
  const span = SPANS.find(([days]) => days === query.within_days)?.[0] ?? "";
  const { answer, reload } = useWhole<Pending>(span === "" ? PATH : `${PATH}?within_days=${span}`);
  return (
    <>
      <PageHead
        title="Erasures by deadline"
        {...(answer?.ok ? { lead: told(answer.body.items, answer.body.whole) } : {})}
      />
      <nav class="choices" aria-label="Which are shown">
        {SPANS.map(([days, label]) => (
          <a
            key={label}
            href={urlOf(null, PATH, { within_days: days })}
            aria-current={days === span ? "true" : undefined}
          >
            {label}
          </a>
        ))}
      </nav>
      {answer === null ? (
        <Waiting />
      ) : answer.ok ? (
        <>
          <Rebuilding lakes={answer.body.rebuilding} />
          <Requests items={answer.body.items} />
        </>
      ) : (
        <Refusal problem={answer.problem} retry={reload} />
      )}
    </>
  );
};

export const pendingDeletionsPage: Page = {
  path: PATH,
  scope: "platform",
  view: PendingDeletions,
  nav: { group: "All lakes", label: "Erasures by deadline" },
};
