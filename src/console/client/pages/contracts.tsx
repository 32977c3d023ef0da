/** The contracts of a lake: what batches must be like, and how they are treated. */
import { withQuery } from "../api/http.ts";
import type { Contract } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { count, plural } from "../format.ts";
import { useListing } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { Badge, LakeLink, PageHead } from "../ui/parts.tsx";
import { StatusFilter } from "../ui/statusFilter.tsx";
import { ListTable } from "../ui/table.tsx";

const STATUSES = ["defined", "approved", "declined", "deprecated"] as const;

const Contracts = ({ query }: PageProps) => {
  const { dataset, status } = query;
  const list = useListing<Contract>(withQuery("/contracts", { dataset, status }));
  return (
    <>
      <PageHead
        title="Contracts"
        lead="What a batch must be like, and what is made of it before it is published."
      >
        <LakeLink to="/new-contract" class="button">
          New contract
        </LakeLink>
      </PageHead>
      <StatusFilter path="/contracts" name="status" query={query} statuses={STATUSES} />
      <ListTable
        caption="Contracts"
        one="contract"
        list={list}
        keyOf={({ contract_id }) => contract_id}
        empty={<p>There is no such contract.</p>}
        columns={[
          {
            title: "Contract",
            cell: ({ contract_id }) => (
              <LakeLink to={`/contracts/${encodeURIComponent(contract_id)}`} class="row-link">
                {contract_id}
              </LakeLink>
            ),
          },
          { title: "Dataset", cell: (one) => one.dataset },
          { title: "Status", cell: (one) => <Badge status={one.status} /> },
          { title: "Version", figures: true, cell: ({ version }) => count(version) },
          { title: "Kept for", cell: ({ retention_days }) => plural(retention_days, "day") },
          {
            title: "Rules",
            cell: ({ quality_rules, privacy_rules }) =>
              `${plural(Object.keys(quality_rules).length, "column")} checked, ` +
              `${count(Object.keys(privacy_rules).length)} protected`,
          },
        ]}
      />
    </>
  );
};

export const contractsPage: Page = {
  path: "/contracts",
  scope: "lake",
  view: Contracts,
  nav: { group: "Data", label: "Contracts" },
};
