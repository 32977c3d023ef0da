/** One batch: how far it is, what was found in it, what can be done next; now or in the past. */
import { useEffect } from "preact/hooks";
import { withQuery } from "../api/http.ts";
import type { Batch } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { bytes, count, plural } from "../format.ts";
import { useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { Badge, Facts, LakeLink, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { PrivacyResult, QualityResult } from "../ui/reports.tsx";
import { Table } from "../ui/table.tsx";
import { atOf, TimeTravel } from "../ui/timeTravel.tsx";
import { Life, Steps } from "./batchSteps.tsx";

/** How often something that is under way is asked about. */
const EVERY_MS = 2_000;

const InQuarantine = ({ batch }: { readonly batch: Batch }) => {
  const held = batch.quarantine;
  if (held === null || held === undefined) return null;
  return (
    <Section title="In quarantine" note={held.reason}>
      {held.issues.length === 0 ? null : (
        <Table
          caption="What does not fit"
          rows={held.issues}
          keyOf={({ row, column, message }) => `${row} ${column} ${message}`}
          empty={null}
          columns={[
            {
              title: "Row",
              figures: true,
              cell: ({ row }) => (row === null ? "" : count(row)),
            },
            { title: "Column", cell: ({ column }) => column !== null && <code>{column}</code> },
            { title: "What is wrong", cell: ({ message }) => message },
          ]}
        />
      )}
      {held.issue_count > held.issues.length ? (
        <p class="more">{`${count(held.issue_count)} in all; the first stand here.`}</p>
      ) : null}
    </Section>
  );
};

const Reports = ({ batch }: { readonly batch: Batch }) => {
  const { contract = null, request = null } = batch.quality ?? {};
  return (
    <>
      {contract === null ? null : (
        <Section title="Quality, by the contract's rules">
          <QualityResult check={contract} />
        </Section>
      )}
      {request === null ? null : (
        <Section title="Quality, by rules of a request">
          <QualityResult check={request} />
        </Section>
      )}
      {batch.privacy === null || batch.privacy === undefined ? null : (
        <Section title="Privacy">
          <PrivacyResult report={batch.privacy.report} />
        </Section>
      )}
    </>
  );
};

const factsOf = (batch: Batch) =>
  [
    ["State", <Badge key="state" status={batch.state} />],
    [
      "Dataset",
      <LakeLink key="dataset" to={`/datasets/${encodeURIComponent(batch.dataset)}`}>
        {batch.dataset}
      </LakeLink>,
    ],
    [
      "Contract",
      <LakeLink key="contract" to={`/contracts/${encodeURIComponent(batch.contract_id)}`}>
        {batch.contract_id}
      </LakeLink>,
    ],
    ["Rows", batch.rows === undefined ? null : count(batch.rows)],
    ["File", batch.bytes === undefined ? null : `${batch.format ?? ""}, ${bytes(batch.bytes)}`],
    [
      "Published",
      batch.published === null || batch.published === undefined
        ? "not yet"
        : plural(batch.published.rows, "row"),
    ],
    ["Appended", batch.appended_at === undefined ? null : <Time key="at" at={batch.appended_at} />],
    ["Expires", batch.expires_at === undefined ? null : <Time key="end" at={batch.expires_at} />],
  ] as const;

const OneBatch = ({ params, query }: PageProps) => {
  const id = params.id ?? "";
  const at = atOf(query);
  const question = useQuestion<Batch>(withQuery(`/batches/${encodeURIComponent(id)}`, { at }));
  const batch = question.state === "ready" ? question.body : null;
  const busy = batch?.work?.state === "running" || batch?.state === "appending";
  useEffect(() => {
    if (!busy || at !== undefined) return;
    const timer = setInterval(question.reload, EVERY_MS);
    return () => clearInterval(timer);
  }, [busy, at, question.reload]);
  const head = (
    <PageHead title={id}>
      <TimeTravel query={query} />
    </PageHead>
  );
  if (question.state === "loading") return <Waiting />;
  if (question.state === "failed" || batch === null) {
    return (
      <>
        {head}
        {question.state === "failed" ? (
          <Refusal problem={question.problem} retry={question.reload} />
        ) : null}
      </>
    );
  }
  const failed = batch.work?.state === "failed" ? batch.work.reason : null;
  return (
    <>
      {head}
      <Life state={batch.state} />
      <Facts of={factsOf(batch)} />
      {failed === null ? null : (
        <p class="refusal">
          {batch.work?.kind}: {failed}
        </p>
      )}
      {at === undefined ? <Steps batch={batch} onDone={question.reload} /> : null}
      <InQuarantine batch={batch} />
      <Reports batch={batch} />
      <p class="more">
        <LakeLink to="/events" query={{ batch_id: id }}>
          Everything that happened to it
        </LakeLink>
      </p>
    </>
  );
};

export const batchPage: Page = { path: "/batches/:id", scope: "lake", view: OneBatch };
