/** One request to be forgotten: when it is due, what is done about it, and what it has come to. */
import { withQuery } from "../api/http.ts";
import type { PageProps } from "../context.ts";
import { count, plural, words } from "../format.ts";
import { useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { usePolling } from "../polling.ts";
import {
  type DeletionRequest,
  type ErasureProgress,
  IDENTITIES,
  isOwed,
  RECIPIENTS,
  type Recipient,
  recipientsOf,
} from "../requests.ts";
import {
  Badge,
  Deadline,
  Facts,
  LakeLink,
  PageHead,
  Refusal,
  Section,
  Time,
  Waiting,
} from "../ui/parts.tsx";
import { RemediesOf } from "../ui/remedies.tsx";
import { Reveal } from "../ui/reveal.tsx";
import { Story, useEventsOf } from "../ui/story.tsx";
import { Table } from "../ui/table.tsx";
import { atOf, TimeTravel } from "../ui/timeTravel.tsx";
import { DeletionCommands } from "./deletionCommands.tsx";

const Progress = ({ of, running }: { readonly of: ErasureProgress; readonly running: boolean }) => (
  <Section title="The erasure">
    {running ? (
      <p class="live on" role="status">
        {`It goes on: ${words(of.phase)}, round ${of.round}.`}
      </p>
    ) : null}
    <Facts
      of={[
        ["Begun", <Time key="begun" at={of.started_at} near={false} />],
        ["Batches looked at", count(of.batches.looked_at)],
        ["Opened", count(of.batches.opened)],
        ["With the person", count(of.batches.hit)],
        ["Rows removed", count(of.rows_removed)],
        [
          "Uploads",
          `${count(of.uploads.deleted)} deleted, ${count(of.uploads.scanned)} read as text`,
        ],
      ]}
    />
    {of.missing.length === 0 ? null : (
      <p class="note">
        {`Not there yet, and looked for again: ${of.missing.map(({ batch_id }) => batch_id).join(", ")}.`}
      </p>
    )}
  </Section>
);

const NotSearched = ({ of, open }: { readonly of: readonly string[]; readonly open: boolean }) =>
  of.length === 0 ? null : (
    <Section
      title="Not searched"
      note={`No column of these datasets says whose a row is, so nobody ${open ? "is" : "was"} looked for in them: somebody has to.`}
    >
      <ul class="names">
        {of.map((name) => (
          <li key={name}>
            <LakeLink to={`/datasets/${encodeURIComponent(name)}`}>{name}</LakeLink>
          </li>
        ))}
      </ul>
    </Section>
  );

const Withheld = ({ deletion }: { readonly deletion: DeletionRequest }) =>
  deletion.withheld.length === 0 ? null : (
    <Section title="Kept for now">
      <Table
        caption="Datasets whose rows of the person are kept"
        rows={deletion.withheld}
        keyOf={({ dataset }) => dataset}
        empty={null}
        columns={[
          { title: "Dataset", cell: ({ dataset }) => dataset },
          { title: "Ground", cell: ({ ground }) => ground },
          { title: "Until", cell: ({ until }) => <Time at={until} /> },
        ]}
      />
    </Section>
  );

export const Recipients = ({
  of,
  omitted,
}: {
  readonly of: readonly Recipient[];
  readonly omitted: number;
}) => (
  <Section
    title="To be told"
    note="Whoever was given the person's data has to be told that it was erased (Art. 19)."
  >
    <Table
      caption="Recipients"
      rows={of}
      keyOf={({ consumer }) => consumer}
      empty={<p>Nobody was given it, as far as the access log knows.</p>}
      columns={[
        { title: "Who", cell: ({ consumer }) => consumer },
        {
          title: "Batches",
          cell: ({ batches, batches_omitted = 0 }) =>
            `${batches.join(", ")}${batches_omitted === 0 ? "" : ` and ${count(batches_omitted)} more`}`,
        },
        { title: "Last", cell: ({ last_at }) => <Time at={last_at} near={false} /> },
      ]}
    />
    {omitted === 0 ? null : (
      <p class="more">{`${plural(omitted, "recipient")} more: the access log names them.`}</p>
    )}
  </Section>
);

/** Named when the erasure ends, by an event of their own: after however many steps. */
const Told = ({ id, etag }: { readonly id: string; readonly etag: string | null }) => {
  const events = useEventsOf(`deletion/${id}`, etag, RECIPIENTS);
  if (events.state === "failed") {
    return <Refusal problem={events.problem} retry={events.reload} />;
  }
  const told = events.state === "ready" ? recipientsOf(events.body.items) : null;
  return told === null ? null : <Recipients of={told.recipients} omitted={told.omitted} />;
};

const Standing = ({ deletion }: { readonly deletion: DeletionRequest }) => (
  <Facts
    of={[
      [
        "Status",
        <span key="status">
          <Badge status={deletion.status} />{" "}
          {deletion.overdue && isOwed(deletion) ? <Badge status="overdue" /> : null}
        </span>,
      ],
      ["Due", <Deadline key="due" at={deletion.deadline} open={isOwed(deletion)} />],
      [
        deletion.extended ? "By law, as extended" : "By law",
        <Time key="law" at={deletion.statutory_deadline} near={false} />,
      ],
      ["Received", <Time key="received" at={deletion.received_at} />],
      ["Recorded for", deletion.requested_by],
      ["Who asks", IDENTITIES[deletion.identity] ?? deletion.identity],
      ...(deletion.status === "held"
        ? [
            [
              "On hold until",
              deletion.held_until === null ? (
                "somebody ends it"
              ) : (
                <Time key="until" at={deletion.held_until} />
              ),
            ] as const,
          ]
        : []),
      ...(deletion.ground === null ? [] : [["Ground", deletion.ground] as const]),
      ...(deletion.completed_at === null
        ? []
        : [["Completed", <Time key="completed" at={deletion.completed_at} />] as const]),
    ]}
  />
);

const OneDeletion = ({ params, query }: PageProps) => {
  const id = params.id ?? "";
  const at = atOf(query);
  const path = `/deletions/${encodeURIComponent(id)}`;
  const question = useQuestion<DeletionRequest>(withQuery(path, { at }));
  const body = question.state === "ready" ? question.body : null;
  const running = body?.status === "in_progress" && at === undefined;
  usePolling(running, body, question.reload);
  const head = (
    <PageHead title={`Request ${id.slice(0, 8)}`} lead="To be forgotten (Art. 17 GDPR).">
      <TimeTravel query={query} />
    </PageHead>
  );
  if (question.state === "loading") return <Waiting />;
  if (body === null || question.state === "failed") {
    return (
      <>
        {head}
        {question.state === "failed" ? (
          <Refusal problem={question.problem} retry={question.reload} />
        ) : null}
      </>
    );
  }
  return (
    <>
      {head}
      <Standing deletion={body} />
      {body.failure === null ? null : (
        <div class="refusal" role="alert">
          <p class="refusal-title">The erasure failed</p>
          <p>{body.failure}</p>
        </div>
      )}
      {at === undefined ? (
        <DeletionCommands deletion={body} etag={question.etag} onEnd={question.reload} />
      ) : null}
      {body.erasure === null ? null : <Progress of={body.erasure} running={running} />}
      <NotSearched of={body.not_searched ?? []} open={isOwed(body)} />
      <Withheld deletion={body} />
      {body.remedies === undefined ? null : <RemediesOf remedies={body.remedies} />}
      {at === undefined ? (
        <>
          <Reveal path={path} request={body} />
          {body.erasure === null ? null : <Told id={id} etag={question.etag} />}
          <Story stream={`deletion/${id}`} etag={question.etag} />
        </>
      ) : null}
    </>
  );
};

export const deletionPage: Page = { path: "/deletions/:id", scope: "lake", view: OneDeletion };
