/** The datasets of a lake. */
import { withQuery } from "../api/http.ts";
import type { Dataset } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { plural } from "../format.ts";
import { useListing } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { Badge, LakeLink, PageHead, Time } from "../ui/parts.tsx";
import { ListTable } from "../ui/table.tsx";

/** Whether it holds personal data, or nobody has said. */
export const personal = (contains_pii: boolean | null): string =>
  contains_pii === null ? "not said" : contains_pii ? "yes" : "no";

const Datasets = ({ query }: PageProps) => {
  const list = useListing<Dataset>(withQuery("/datasets", { status: query.status }));
  return (
    <>
      <PageHead title="Datasets" lead="What the lake holds, and what is declared of it.">
        <LakeLink to="/new-dataset" class="button">
          New dataset
        </LakeLink>
      </PageHead>
      <ListTable
        caption="Datasets"
        one="dataset"
        list={list}
        keyOf={({ name }) => name}
        columns={[
          {
            title: "Dataset",
            cell: ({ name }) => (
              <LakeLink to={`/datasets/${encodeURIComponent(name)}`} class="row-link">
                {name}
              </LakeLink>
            ),
          },
          { title: "Status", cell: ({ status }) => <Badge status={status} /> },
          { title: "Personal data", cell: ({ contains_pii }) => personal(contains_pii) },
          { title: "Columns", cell: ({ schema }) => plural(Object.keys(schema).length, "column") },
          {
            title: "Registered",
            cell: ({ registered_at }) => <Time at={registered_at} />,
          },
        ]}
        empty={
          <>
            <p>No dataset is registered yet.</p>
            <p>Register one, then say in a contract what its files must be like.</p>
          </>
        }
      />
    </>
  );
};

export const datasetsPage: Page = {
  path: "/datasets",
  scope: "lake",
  view: Datasets,
  nav: { group: "Data", label: "Datasets" },
};
