/** One event, whole; and the proof, checked in the browser, that the log holds it. */
import { useCallback } from "preact/hooks";
import { withQuery } from "../api/http.ts";
import type { Page as Items } from "../api/pages.ts";
import type { CloudEvent } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { checkEvent, type Evidence, type Memory } from "../proof/check.ts";
import { Json } from "../ui/json.tsx";
import { Facts, LakeLink, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { Checked } from "../ui/proof.tsx";

const ProofOf = ({ event }: { readonly event: CloudEvent }) => {
  const check = useCallback(
    (evidence: Evidence, known: Memory | null) => checkEvent(event, evidence, known),
    [event],
  );
  return (
    <Section
      title="Proof"
      note="Checked by this page itself (RFC 6962): it recomputes the way from the event to the root that the lake's key has signed, and holds the log to what this browser saw of it before."
    >
      <Checked
        check={check}
        yes="This event is in the log that the lake has signed, exactly as it stands here."
        no="What Lethe shows and what it proves do not agree. Keep this page, and tell somebody."
      />
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
