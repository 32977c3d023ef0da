/** One dataset: its schema through its versions, its contracts, how fresh it is; now or in the past. */
import { withQuery } from "../api/http.ts";
import type { Contract, Dataset } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { count, plural } from "../format.ts";
import { useListing, useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { Badge, Facts, LakeLink, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { ListTable, Table } from "../ui/table.tsx";
import { atOf, TimeTravel } from "../ui/timeTravel.tsx";
import { DatasetCommands } from "./datasetCommands.tsx";
import { personal } from "./datasets.tsx";

const Columns = ({ dataset }: { readonly dataset: Dataset }) => (
  <Section
    title="Schema"
    note={`Version ${dataset.active_version} of ${dataset.schema_versions.length} is active.`}
  >
    <Table
      caption="Columns"
      rows={Object.entries(dataset.schema)}
      keyOf={([name]) => name}
      empty={<p>No column is declared.</p>}
      columns={[
        { title: "Column", cell: ([name]) => <code>{name}</code> },
        { title: "Type", cell: ([, type]) => type },
        {
          title: "Role",
          cell: ([name]) => (name === dataset.subject_column ? "names the person" : ""),
        },
      ]}
    />
  </Section>
);

const Freshness = ({ dataset }: { readonly dataset: Dataset }) => {
  const watched = dataset.freshness ?? [];
  if (watched.length === 0) return null;
  return (
    <Section title="Freshness">
      <Table
        caption="Watched columns"
        rows={watched}
        keyOf={({ contract_id, column }) => `${contract_id} ${column}`}
        empty={null}
        columns={[
          { title: "Column", cell: ({ column }) => <code>{column}</code> },
          { title: "State", cell: ({ state }) => <Badge status={state} /> },
          {
            title: "Fresh until",
            cell: ({ fresh_until }) => (fresh_until === null ? "" : <Time at={fresh_until} />),
          },
          { title: "Contract", cell: ({ contract_id }) => <code>{contract_id}</code> },
        ]}
      />
    </Section>
  );
};

const Contracts = ({ name }: { readonly name: string }) => {
  const list = useListing<Contract>(withQuery("/contracts", { dataset: name }));
  return (
    <Section title="Contracts">
      <ListTable
        caption={`Contracts of ${name}`}
        one="contract"
        list={list}
        keyOf={({ contract_id }) => contract_id}
        empty={<p>No contract says yet what a batch of it must look like.</p>}
        columns={[
          {
            title: "Contract",
            cell: ({ contract_id }) => (
              <LakeLink to={`/contracts/${encodeURIComponent(contract_id)}`}>
                {contract_id}
              </LakeLink>
            ),
          },
          { title: "Status", cell: ({ status }) => <Badge status={status} /> },
          { title: "Version", cell: ({ version }) => count(version), figures: true },
          { title: "Kept for", cell: ({ retention_days }) => plural(retention_days, "day") },
        ]}
      />
    </Section>
  );
};

const OneDataset = ({ params, query }: PageProps) => {
  const name = params.name ?? "";
  const at = atOf(query);
  const question = useQuestion<Dataset>(withQuery(`/datasets/${encodeURIComponent(name)}`, { at }));
  const head = (lead?: string | null) => (
    <PageHead title={name} {...(lead ? { lead } : {})}>
      <TimeTravel query={query} />
    </PageHead>
  );
  if (question.state === "loading") return <Waiting />;
  if (question.state === "failed") {
    return (
      <>
        {head()}
        <Refusal problem={question.problem} retry={question.reload} />
      </>
    );
  }
  const { body } = question;
  return (
    <>
      {head(body.description)}
      <Facts
        of={[
          ["Status", <Badge key="status" status={body.status} />],
          ["Personal data", personal(body.contains_pii)],
          ["Names the person", body.subject_column && <code>{body.subject_column}</code>],
          ["Encrypted under its own key", body.encryption_enabled ? "yes" : "no"],
          ["Registered", <Time key="time" at={body.registered_at} />],
          [
            "Held elsewhere",
            body.ingestions.count === 0
              ? "nothing"
              : `${plural(body.ingestions.records, "record")} in ${plural(body.ingestions.count, "entry", "entries")}`,
          ],
        ]}
      />
      {at === undefined ? (
        <DatasetCommands dataset={body} etag={question.etag} onDone={question.reload} />
      ) : null}
      <Columns dataset={body} />
      <Freshness dataset={body} />
      {at === undefined ? <Contracts name={name} /> : null}
      <p class="more">
        <LakeLink to="/events" query={{ stream: `dataset/${name}` }}>
          Everything that happened to it
        </LakeLink>
      </p>
    </>
  );
};

export const datasetPage: Page = { path: "/datasets/:name", scope: "lake", view: OneDataset };
