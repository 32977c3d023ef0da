/** One event, whole; and the proof, checked in the browser, that the log holds it. */
import { useEffect, useState } from "preact/hooks";
import type { Api } from "../api/http.ts";
import { withQuery } from "../api/http.ts";
import type { Page as Items } from "../api/pages.ts";
import { noAnswer, type Problem } from "../api/problem.ts";
import type { CloudEvent } from "../api/types.ts";
import { type PageProps, useScope } from "../context.ts";
import { quietly, useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { checkEvent, type Evidence, type Memory, type Proof } from "../proof/check.ts";
import { Json } from "../ui/json.tsx";
import { Facts, LakeLink, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";

/** What Lethe refuses to prove, on its way to where it is shown. */
class Refused extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** Evidence as the lake's routes give it. */
const evidenceFrom = (api: Api, signal: AbortSignal): Evidence => {
  const text = async (path: string) => {
    const answer = await api.text(path, signal);
    if (!answer.ok) throw new Refused(answer.problem);
    return answer.body;
  };
  const hashes = async (path: string) => {
    const answer = await api.get<{ readonly hashes: readonly string[] }>(path, signal);
    if (!answer.ok) throw new Refused(answer.problem);
    return answer.body.hashes;
  };
  return {
    key: () => text("/log/key"),
    checkpoint: () => text("/log/checkpoint"),
    async leaf(seq) {
      const line = await text(`/log/leaves?from=${seq - 1}&to=${seq}`);
      const { leaf } = JSON.parse(line) as { readonly leaf: string };
      return leaf;
    },
    inclusion: (seq, size) => hashes(`/log/inclusion?seq=${seq}&size=${size}`),
    consistency: (from, to) => hashes(`/log/consistency?from=${from}&to=${to}`),
  };
};

const memoryKey = (lake: string | null): string => `lethe.log.${lake}`;

/** A key and a signed checkpoint: public, and of no person. */
const remembered = (lake: string | null): Memory | null => {
  try {
    const { key, checkpoint } = JSON.parse(localStorage.getItem(memoryKey(lake)) ?? "null") ?? {};
    return typeof key === "string" && typeof checkpoint === "string" ? { key, checkpoint } : null;
  } catch {
    return null;
  }
};

const MARKS = { held: "✓", failed: "✗", unknown: "?" } as const;
const SAID = { held: "holds", failed: "does not hold", unknown: "not checked" } as const;

const Steps = ({ proof }: { readonly proof: Proof }) => (
  <>
    <p class={proof.holds ? "verdict held" : "verdict failed"} role="status">
      {proof.holds
        ? "This event is in the log that the lake has signed, exactly as it stands here."
        : "What Lethe shows and what it proves do not agree. Keep this page, and tell somebody."}
    </p>
    <ol class="proof">
      {proof.steps.map(({ title, state, detail }) => (
        <li key={title} class={state}>
          <span class="proof-mark" aria-hidden="true">
            {MARKS[state]}
          </span>
          <div>
            <strong>{title}</strong> <span class="unseen">{SAID[state]}</span>
            <p>{detail}</p>
          </div>
        </li>
      ))}
    </ol>
  </>
);

const ProofOf = ({ event }: { readonly event: CloudEvent }) => {
  const { api, lake } = useScope();
  const [proof, setProof] = useState<Proof | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const check = async () => {
      try {
        const checked = await checkEvent(event, evidenceFrom(api, signal), remembered(lake));
        setProof(checked);
        if (checked.memory !== null) {
          localStorage.setItem(memoryKey(lake), JSON.stringify(checked.memory));
        }
      } catch (error) {
        if (signal.aborted) return;
        setProblem(error instanceof Refused ? error.problem : noAnswer());
      }
    };
    quietly(check(), signal);
    return () => controller.abort();
  }, [event, api, lake]);
  return (
    <Section
      title="Proof"
      note="Checked by this page itself (RFC 6962): it recomputes the way from the event to the root that the lake's key has signed, and holds the log to what this browser saw of it before."
    >
      {problem !== null ? (
        <Refusal problem={problem} />
      ) : proof === null ? (
        <Waiting what="Checking" />
      ) : (
        <Steps proof={proof} />
      )}
    </Section>
  );
};

const OneEvent = ({ params }: PageProps) => {
  const seq = Number(params.seq);
  const known = Number.isSafeInteger(seq) && seq > 0;
  const page = useQuestion<Items<CloudEvent>>(
    withQuery("/events", { after: known ? seq - 1 : 0, limit: 1 }),
  );
  if (page.state === "loading") return <Waiting />;
  const head = <PageHead title={`Event ${params.seq}`} />;
  if (page.state === "failed") {
    return (
      <>
        {head}
        <Refusal problem={page.problem} retry={page.reload} />
      </>
    );
  }
  const event = page.body.items.find(({ sequence }) => sequence === seq);
  if (event === undefined) {
    return <PageHead title={`Event ${params.seq}`} lead="The log has no such event, so far." />;
  }
  return (
    <>
      <PageHead title={event.type} lead={`Event ${event.sequence} of this lake's log.`} />
      <Facts
        of={[
          ["At", <Time key="at" at={event.time} />],
          ["By", event.actor],
          [
            "Of",
            <LakeLink key="of" to="/events" query={{ stream: event.subject }}>
              <code>{event.subject}</code>
            </LakeLink>,
          ],
          ["Version of that", String(event.streamversion)],
          ["Id", <code key="id">{event.id}</code>],
          ["Follows from", <code key="cause">{event.causationid ?? event.correlationid}</code>],
        ]}
      />
      <ProofOf event={event} />
      <Section title="What it says">
        <Json value={event.data} />
      </Section>
      <nav class="more" aria-label="Neighbours">
        {seq > 1 ? <LakeLink to={`/events/${seq - 1}`}>← Event {seq - 1}</LakeLink> : null}
        <LakeLink to={`/events/${seq + 1}`}>Event {seq + 1} →</LakeLink>
      </nav>
    </>
  );
};

export const eventPage: Page = { path: "/events/:seq", scope: "lake", view: OneEvent };
