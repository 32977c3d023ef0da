/** The batches of a lake, and how far each has come. */
import { withQuery } from "../api/http.ts";
import type { Batch } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { count } from "../format.ts";
import { useListing } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { Badge, LakeLink, PageHead, Time } from "../ui/parts.tsx";
import { StatusFilter } from "../ui/statusFilter.tsx";
import { ListTable } from "../ui/table.tsx";

const STATES = [
  "appending",
  "appended",
  "checked",
  "anonymized",
  "published",
  "quarantined",
  "append_failed",
  "expired",
] as const;

const Batches = ({ query }: PageProps) => {
  const { dataset, state } = query;
  const list = useListing<Batch>(withQuery("/batches", { dataset, state }));
  return (
    <>
      <PageHead
        title={dataset === undefined ? "Batches" : `Batches of ${dataset}`}
        lead="A batch is one file: checked cell by cell, anonymised, published, and in the end expired."
      >
        <LakeLink to="/new-batch" query={dataset === undefined ? {} : { dataset }} class="button">
          Upload a file
        </LakeLink>
      </PageHead>
      <StatusFilter path="/batches" name="state" query={query} statuses={STATES} />
      <ListTable
        caption="Batches, in the order in which they were appended"
        one="batch"
        many="batches"
        list={list}
        keyOf={({ batch_id }) => batch_id}
        empty={<p>There is no such batch.</p>}
        columns={[
          {
            title: "Batch",
            cell: ({ batch_id }) => (
              <LakeLink to={`/batches/${encodeURIComponent(batch_id)}`} class="row-link">
                {batch_id}
              </LakeLink>
            ),
          },
          { title: "Dataset", cell: (one) => one.dataset },
          { title: "State", cell: (one) => <Badge status={one.state} /> },
          {
            title: "Rows",
            figures: true,
            cell: ({ rows }) => (rows === undefined ? "" : count(rows)),
          },
          {
            title: "Appended",
            cell: ({ appended_at }) => (appended_at === undefined ? "" : <Time at={appended_at} />),
          },
        ]}
      />
    </>
  );
};

export const batchesPage: Page = {
  path: "/batches",
  scope: "lake",
  view: Batches,
  nav: { group: "Data", label: "Batches" },
};
