/** Requests to be forgotten: those that are owed an answer, the first due at the top; or any others. */
import { withQuery } from "../api/http.ts";
import type { Page as Items } from "../api/pages.ts";
import type { PageProps } from "../context.ts";
import { plural, utc, words } from "../format.ts";
import { useListing, useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { type DeletionRequest, dueFirst, isOwed } from "../requests.ts";
import { Allowed, PRIVACY } from "../ui/allowed.tsx";
import { Choices } from "../ui/choices.tsx";
import { Badge, Deadline, LakeLink, PageHead, Refusal, Time, Waiting } from "../ui/parts.tsx";
import { type Column, ListTable, Table } from "../ui/table.tsx";

/** So many of each status can be put in order; of more, the order is that of the log. */
const MOST = 1000;
const OPEN = ["pending", "in_progress", "held", "failed"] as const;

const columns: readonly Column<DeletionRequest>[] = [
  {
    title: "Due",
    cell: (one) => (
      <div>
        <Deadline at={one.deadline} open={isOwed(one)} />
        <span class="near">by law {utc(one.statutory_deadline)}</span>
      </div>
    ),
  },
  {
    title: "Status",
    cell: (one) => (
      <div>
        <Badge status={one.status} />{" "}
        {one.overdue ? (
          <Badge status="overdue" label={isOwed(one) ? "overdue" : "answered late"} />
        ) : null}
        {one.held_until === null ? null : (
          <span class="near">
            until <Time at={one.held_until} near={false} />
          </span>
        )}
      </div>
    ),
  },
  {
    title: "Request",
    cell: ({ deletion_id }) => (
      <LakeLink to={`/deletions/${deletion_id}`} class="row-link">
        <code class="short">{deletion_id.slice(0, 8)}</code>
      </LakeLink>
    ),
  },
  { title: "Received", cell: ({ received_at }) => <Time at={received_at} /> },
  { title: "Recorded for", cell: ({ requested_by }) => requested_by },
];

const keyOf = ({ deletion_id }: DeletionRequest): string => deletion_id;

const Open = () => {
  const all = OPEN.map((status) =>
    useQuestion<Items<DeletionRequest>>(withQuery("/deletions", { status, limit: MOST })),
  );
  const refused = all.find((one) => one.state === "failed");
  if (refused?.state === "failed") {
    return <Refusal problem={refused.problem} retry={refused.reload} />;
  }
  const pages = all.flatMap((one) => (one.state === "ready" ? [one.body] : []));
  if (pages.length < OPEN.length) return <Waiting />;
  const rows = dueFirst(pages.flatMap(({ items }) => items));
  const whole = pages.every(({ next_cursor }) => next_cursor === null);
  return (
    <>
      <Table
        caption="Requests that are owed an answer, the first due at the top"
        rows={rows}
        keyOf={keyOf}
        columns={columns}
        empty={<p>Nobody waits to be forgotten.</p>}
      />
      {rows.length === 0 ? null : (
        <p class="more" role="status">
          {whole
            ? `${plural(rows.length, "request")} open`
            : `The first ${plural(rows.length, "open request")} of the log: there are more, under each status.`}
        </p>
      )}
    </>
  );
};

const Others = ({ query }: Pick<PageProps, "query">) => {
  const { status, overdue } = query;
  const list = useListing<DeletionRequest>(
    withQuery("/deletions", { status: status === "all" ? null : status, overdue }),
  );
  return (
    <ListTable
      caption="Requests to be forgotten, in the order in which they were recorded"
      one="request"
      list={list}
      keyOf={keyOf}
      columns={columns}
      empty={<p>There is no such request.</p>}
    />
  );
};

const STATUSES = ["pending", "held", "in_progress", "failed", "completed", "rejected", "all"];

const Deletions = ({ query }: PageProps) => {
  const { status = "", overdue = "" } = query;
  return (
    <>
      <PageHead
        title="Requests to be forgotten"
        lead="Whoever asks has an answer within a month (Art. 12 and 17 GDPR). Who they are is sealed."
      >
        <Allowed roles={PRIVACY} to="records requests">
          <LakeLink to="/new-deletion" class="button primary">
            Record a request
          </LakeLink>
        </Allowed>
      </PageHead>
      <Choices
        path="/deletions"
        of={[
          { label: "due first", query: {}, on: status === "" && overdue === "" },
          { label: "overdue", query: { overdue: "true" }, on: overdue === "true" },
          ...STATUSES.map((one) => ({
            label: words(one),
            query: { status: one },
            on: status === one,
          })),
        ]}
      />
      {status === "" && overdue === "" ? <Open /> : <Others query={query} />}
    </>
  );
};

export const deletionsPage: Page = {
  path: "/deletions",
  scope: "lake",
  view: Deletions,
  nav: { group: "People", label: "Deletions" },
};
