/**
 * One request for access. Lethe hands the file out to whoever asks for a request that is ready, and
 * counts it as answered from then on; so this page looks at the request as it was, which hands
 * nothing out, until the reader asks for the file.
 */
import { useState } from "preact/hooks";
import { withQuery } from "../api/http.ts";
import type { Problem } from "../api/problem.ts";
import { type PageProps, useScope } from "../context.ts";
import { bytes, count, plural } from "../format.ts";
import { useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { usePolling } from "../polling.ts";
import { type AccessRequest, isUnanswered, REFUSAL_GROUNDS } from "../requests.ts";
import { Confirm } from "../ui/confirm.tsx";
import { Decide, REASON } from "../ui/decide.tsx";
import { Badge, Deadline, Facts, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { RemediesOf } from "../ui/remedies.tsx";
import { Reveal } from "../ui/reveal.tsx";
import { Story } from "../ui/story.tsx";
import { AccessBadge } from "./subjectAccesses.tsx";

/** Behind every event: the state of then is that of now. */
const END_OF_TIME = "9999-12-31T23:59:59.999Z";

interface HandedOut {
  readonly download_url: string;
  readonly url_expires_at: string;
}

const HandOut = ({
  path,
  request,
  onEnd,
}: {
  readonly path: string;
  readonly request: AccessRequest;
  readonly onEnd: () => void;
}) => {
  const { api } = useScope();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [handed, setHanded] = useState<HandedOut | null>(null);
  const first = request.handed_out_at === null;
  const handOut = async () => {
    if (busy) return;
    setBusy(true);
    const answer = await api.get<HandedOut>(path);
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    setHanded(answer.body);
    setAsking(false);
    onEnd();
  };
  return (
    <Section
      title="The answer"
      note={
        first
          ? "A file that nobody was given is no answer: the request stays owed until it is handed out."
          : "It was handed out, and the request counts as answered."
      }
    >
      {handed === null ? (
        <div class="actions">
          <button
            type="button"
            class={first ? "primary" : undefined}
            onClick={() => setAsking(true)}
          >
            {first ? "Hand the file out…" : "Get the file once more…"}
          </button>
        </div>
      ) : (
        <>
          <p>
            <a class="button primary" href={handed.download_url} download>
              Download the file
            </a>
          </p>
          <p class="hint">
            The link opens it for whoever has it, until{" "}
            <Time at={handed.url_expires_at} near={false} />.
          </p>
        </>
      )}
      {asking ? (
        <Confirm
          title={first ? "Hand the file out?" : "Get the file once more?"}
          act={first ? "Hand it out" : "Get it"}
          busy={busy}
          problem={problem}
          onConfirm={handOut}
          onCancel={() => {
            setProblem(null);
            setAsking(false);
          }}
        >
          <p>
            {first
              ? "From this moment the request counts as answered, and its reminders end: give the file to the person. It is deleted 30 days later."
              : "It is deleted at the time that was set when it was first handed out."}{" "}
            That you asked for it is recorded first.
          </p>
          {first ? (
            <p>
              Its first line says what is to be added that no lake knows, and which texts are to be
              read before others are told of (Art. 15(4)).
            </p>
          ) : null}
        </Confirm>
      ) : null}
    </Section>
  );
};

const Standing = ({ request }: { readonly request: AccessRequest }) => (
  <Facts
    of={[
      [
        "Status",
        <span key="status">
          <AccessBadge request={request} />{" "}
          {request.overdue && isUnanswered(request) ? <Badge status="overdue" /> : null}
        </span>,
      ],
      ["Due", <Deadline key="due" at={request.deadline} open={isUnanswered(request)} />],
      [
        request.extended ? "By law, as extended" : "By law",
        <Time key="law" at={request.statutory_deadline} near={false} />,
      ],
      ["Received", <Time key="received" at={request.received_at} />],
      ["Recorded for", request.requested_by],
      [
        "Batches",
        `${count(request.batches.looked_at)} looked at, ${count(request.batches.opened)} opened, ${count(request.batches.waiting)} waiting`,
      ],
      [
        "Found",
        request.file === null
          ? plural(request.rows, "row")
          : `${plural(request.file.rows, "row")}, ${bytes(request.file.bytes)}`,
      ],
      ...(request.handed_out_at === null
        ? []
        : [["Handed out", <Time key="handed" at={request.handed_out_at} />] as const]),
      ...(request.expires_at === null
        ? []
        : [["Deleted at", <Time key="expires" at={request.expires_at} />] as const]),
    ]}
  />
);

const Unreadable = ({ of }: { readonly of: readonly string[] }) =>
  of.length === 0 ? null : (
    <Section
      title="To be looked into"
      note="In these it cannot be told of every row whose it is: a person has to look."
    >
      <ul class="names">
        {of.map((batch) => (
          <li key={batch}>{batch}</li>
        ))}
      </ul>
    </Section>
  );

const Commands = ({
  path,
  request,
  onEnd,
}: {
  readonly path: string;
  readonly request: AccessRequest;
  readonly onEnd: () => void;
}) => (
  <div class="actions">
    {request.status === "collecting" && !request.extended ? (
      <Decide
        label="Extend"
        title="Extend by two months?"
        path={`${path}/extend`}
        etag={null}
        fields={[REASON]}
        onEnd={onEnd}
      >
        Once, within the first month; the person has to be told so, and why (Art. 12(3)).
      </Decide>
    ) : null}
    {isUnanswered(request) ? (
      <Decide
        label="Reject"
        title="Reject the request?"
        path={`${path}/reject`}
        etag={null}
        fields={[REASON, { name: "ground", label: "Ground in law", options: REFUSAL_GROUNDS }]}
        onEnd={onEnd}
      >
        What was collected is deleted with its key. The person has to be told why, and what they can
        do about it (Art. 12(4)).
      </Decide>
    ) : null}
  </div>
);

const SubjectAccess = ({ params }: PageProps) => {
  const id = params.id ?? "";
  const path = `/subject-access/${encodeURIComponent(id)}`;
  const question = useQuestion<AccessRequest>(withQuery(path, { at: END_OF_TIME }));
  const body = question.state === "ready" ? question.body : null;
  usePolling(body?.status === "collecting", body, question.reload);
  return (
    <>
      <PageHead title={`Request ${id.slice(0, 8)}`} lead="For access (Art. 15 and 20 GDPR)." />
      {question.state === "loading" ? <Waiting /> : null}
      {question.state === "failed" ? (
        <Refusal problem={question.problem} retry={question.reload} />
      ) : null}
      {body === null || question.state !== "ready" ? null : (
        <>
          <Standing request={body} />
          {body.status === "collecting" ? (
            <p class="live on" role="status">
              It is being collected.
            </p>
          ) : null}
          <Commands path={path} request={body} onEnd={question.reload} />
          {body.status === "ready" ? (
            <HandOut path={path} request={body} onEnd={question.reload} />
          ) : null}
          <Unreadable of={body.batches.unreadable} />
          {body.remedies === undefined ? null : <RemediesOf remedies={body.remedies} />}
          <Reveal path={path} request={body} />
          <Story stream={`subject-access/${id}`} etag={question.etag} />
        </>
      )}
    </>
  );
};

export const subjectAccessPage: Page = {
  path: "/subject-access/:id",
  scope: "lake",
  view: SubjectAccess,
};
