/** All lakes that the reader may see, and the way to a new one. */
import type { LakeItem, LakeReport } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { useListing, useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { urlOf } from "../router.ts";
import { Badge, PageHead } from "../ui/parts.tsx";
import { ListTable } from "../ui/table.tsx";

interface Listed extends LakeItem {
  readonly region?: string;
  readonly compliance_level?: string;
  readonly datasets?: number;
}

/** The default lake comes into being on first use, and is in no list before. */
const NoLakes = () => {
  const first = useQuestion<LakeReport>("/report", ({ platform }) => platform);
  if (first.state !== "ready") return <p>There is no lake that you may see.</p>;
  return (
    <>
      <p>Nothing has happened in a lake yet.</p>
      <p>
        <a class="button primary" href={urlOf(first.body.lake_id, "/")}>
          Open the lake “{first.body.lake_id}”
        </a>
      </p>
    </>
  );
};

const Lakes = (_: PageProps) => {
  const list = useListing<Listed>("/lakes");
  return (
    <>
      <PageHead title="Lakes" lead="Each is a log of its own, and forgets people on request.">
        <a class="button" href={urlOf(null, "/new-lake")}>
          New lake
        </a>
      </PageHead>
      <ListTable
        caption="Lakes"
        one="lake"
        list={list}
        keyOf={({ lake_id }) => lake_id}
        columns={[
          {
            title: "Lake",
            cell: ({ lake_id, name }) => (
              <a href={urlOf(lake_id, "/")} class="row-link">
                {name ?? lake_id}
              </a>
            ),
          },
          { title: "Id", cell: ({ lake_id }) => <code>{lake_id}</code> },
          {
            title: "Compliance",
            cell: ({ compliance_level }) => <Badge status={compliance_level ?? "unknown"} />,
          },
          { title: "Region", cell: ({ region }) => region },
        ]}
        empty={<NoLakes />}
      />
    </>
  );
};

export const lakesPage: Page = {
  path: "/",
  scope: "platform",
  view: Lakes,
  nav: { group: "All lakes", label: "Lakes" },
};
