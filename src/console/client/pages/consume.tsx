/** What there is to be had: the datasets of a lake, for those who use what is published. */
import { withQuery } from "../api/http.ts";
import type { Dataset } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { plural } from "../format.ts";
import { useListing } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { LakeLink, PageHead } from "../ui/parts.tsx";
import { ListTable } from "../ui/table.tsx";
import { personal } from "./datasets.tsx";

const Consume = (_: PageProps) => {
  const list = useListing<Dataset>(withQuery("/datasets", { status: "active" }));
  return (
    <>
      <PageHead
        title="Get data"
        lead="Choose a dataset. What is published of it you are handed out as files, and that is on record."
      />
      <ListTable
        caption="Datasets"
        one="dataset"
        list={list}
        keyOf={({ name }) => name}
        empty={<p>No dataset is registered yet.</p>}
        columns={[
          {
            title: "Dataset",
            cell: ({ name }) => (
              <LakeLink to={`/consume/${encodeURIComponent(name)}`} class="row-link">
                {name}
              </LakeLink>
            ),
          },
          { title: "What it is", cell: ({ description }) => description ?? "" },
          { title: "Columns", cell: ({ schema }) => plural(Object.keys(schema).length, "column") },
          { title: "Personal data", cell: ({ contains_pii }) => personal(contains_pii) },
        ]}
      />
    </>
  );
};

export const consumePage: Page = {
  path: "/consume",
  scope: "lake",
  view: Consume,
  nav: { group: "Data", label: "Get data" },
};
