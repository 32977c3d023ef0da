/** One contract: what it asks, who approved it, and the commands that end or renew it. */
import { withQuery } from "../api/http.ts";
import type { Contract } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { count, plural } from "../format.ts";
import { useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { Action } from "../ui/action.tsx";
import { Json } from "../ui/json.tsx";
import { Badge, Facts, LakeLink, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";
import { atOf, TimeTravel } from "../ui/timeTravel.tsx";

const rulesOf = (rules: unknown): string =>
  (Array.isArray(rules) ? rules : [rules])
    .map((rule) => (typeof rule === "string" ? rule : JSON.stringify(rule)))
    .join(" and ");

const Rules = ({ contract }: { readonly contract: Contract }) => {
  const { schema, quality_rules, privacy_rules } = contract;
  const whole = Object.keys(quality_rules).filter((column) => !Object.hasOwn(schema, column));
  return (
    <Section title="Columns">
      <Table
        caption="Columns, with what is asked of each and made of it"
        rows={[...Object.entries(schema), ...whole.map((column) => [column, ""] as const)]}
        keyOf={([name]) => name}
        empty={<p>No column is declared.</p>}
        columns={[
          {
            title: "Column",
            cell: ([name]) => (name === "*" ? "the whole table" : <code>{name}</code>),
          },
          { title: "Type", cell: ([, type]) => type },
          {
            title: "Checked",
            cell: ([name]) =>
              Object.hasOwn(quality_rules, name) ? <code>{rulesOf(quality_rules[name])}</code> : "",
          },
          {
            title: "Protected by",
            cell: ([name]) =>
              Object.hasOwn(privacy_rules, name) ? <code>{rulesOf(privacy_rules[name])}</code> : "",
          },
        ]}
      />
    </Section>
  );
};

const Commands = ({
  contract,
  etag,
  onDone,
}: {
  readonly contract: Contract;
  readonly etag: string | null;
  readonly onDone: () => void;
}) => {
  const path = `/contracts/${encodeURIComponent(contract.contract_id)}`;
  const common = { etag, onDone };
  if (contract.status === "deprecated") return null;
  return (
    <div class="actions">
      {contract.status === "approved" ? null : (
        <Action
          {...common}
          label="Approve"
          harmless
          path={`${path}/approve`}
          title={`Approve ${contract.contract_id}, version ${contract.version}?`}
        >
          It is on record that you did. Batches may be published under it.
        </Action>
      )}
      {contract.status === "declined" ? null : (
        <Action
          {...common}
          label="Decline"
          path={`${path}/decline`}
          title={`Decline ${contract.contract_id}?`}
          reason="Why it is not to be"
        >
          Nothing is published or handed out under it until it is changed and approved.
        </Action>
      )}
      <LakeLink to={`${path}/change`} class="button">
        Change
      </LakeLink>
      <Action
        {...common}
        label="Deprecate"
        path={`${path}/deprecate`}
        title={`Deprecate ${contract.contract_id}?`}
      >
        No batch is appended under it any more. This cannot be undone.
      </Action>
    </div>
  );
};

const OneContract = ({ params, query }: PageProps) => {
  const id = params.id ?? "";
  const at = atOf(query);
  const question = useQuestion<Contract>(withQuery(`/contracts/${encodeURIComponent(id)}`, { at }));
  const head = (
    <PageHead title={id}>
      <TimeTravel query={query} />
    </PageHead>
  );
  if (question.state === "loading") return <Waiting />;
  if (question.state === "failed") {
    return (
      <>
        {head}
        <Refusal problem={question.problem} retry={question.reload} />
      </>
    );
  }
  const { body, etag, reload } = question;
  return (
    <>
      {head}
      <Facts
        of={[
          ["Status", <Badge key="status" status={body.status} />],
          [
            "Dataset",
            <LakeLink key="dataset" to={`/datasets/${encodeURIComponent(body.dataset)}`}>
              {body.dataset}
            </LakeLink>,
          ],
          ["Version", count(body.version)],
          ["A batch is kept for", plural(body.retention_days, "day")],
          [
            body.status === "declined" ? "Declined because" : "Approved by",
            body.status === "declined" ? body.reason : (body.approver ?? "nobody yet"),
          ],
          ["Defined", <Time key="time" at={body.defined_at} />],
        ]}
      />
      {at === undefined ? <Commands contract={body} etag={etag} onDone={reload} /> : null}
      <Rules contract={body} />
      {body.k_anonymity === null || body.k_anonymity === undefined ? null : (
        <Section title="Groups">
          <Json value={body.k_anonymity} />
        </Section>
      )}
      <p class="more">
        <LakeLink to="/batches" query={{ dataset: body.dataset }}>
          Batches of {body.dataset}
        </LakeLink>
        <LakeLink to="/events" query={{ stream: `contract/${id}` }}>
          Everything that happened to it
        </LakeLink>
      </p>
    </>
  );
};

export const contractPage: Page = { path: "/contracts/:id", scope: "lake", view: OneContract };
