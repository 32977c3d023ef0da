/** The story of a request as its events tell it, the first at the top; each leads to its proof. */
import { useEffect, useRef } from "preact/hooks";
import { withQuery } from "../api/http.ts";
import type { Page as Items } from "../api/pages.ts";
import type { CloudEvent } from "../api/types.ts";
import { count } from "../format.ts";
import { useQuestion } from "../hooks.ts";
import { chaptersOf } from "../requests.ts";
import { LakeLink, Refusal, Section, Time, Waiting } from "./parts.tsx";

/** What was done step by step beyond these is on the page of events. */
const MOST_EVENTS = 500;

/** The events of a request, or those of one type, asked for again whenever its version has changed. */
export const useEventsOf = (stream: string, etag: string | null, type: string | null = null) => {
  const events = useQuestion<Items<CloudEvent>>(
    withQuery("/events", { stream, type, limit: MOST_EVENTS }),
  );
  const { reload } = events;
  const told = useRef(etag);
  useEffect(() => {
    if (told.current === etag) return;
    told.current = etag;
    reload();
  }, [etag, reload]);
  return events;
};

interface StoryProps {
  readonly stream: string;
  /** Of the request as it is shown. */
  readonly etag: string | null;
}

export const Story = ({ stream, etag }: StoryProps) => {
  const events = useEventsOf(stream, etag);
  if (events.state === "loading") return <Waiting />;
  if (events.state === "failed") return <Refusal problem={events.problem} retry={events.reload} />;
  const { items, next_cursor } = events.body;
  return (
    <Section title="What happened">
      <ol class="story">
        {chaptersOf(items).map(({ seq, at, actor, said }) => (
          <li key={seq}>
            <LakeLink to={`/events/${seq}`}>{said}</LakeLink>
            <span class="near">
              <Time at={at} near={false} /> by {actor}
            </span>
          </li>
        ))}
      </ol>
      {next_cursor === null ? null : (
        <p class="more">
          {`These are its first ${count(items.length)} events.`}{" "}
          <LakeLink to="/events" query={{ stream }}>
            All of it
          </LakeLink>
        </p>
      )}
    </Section>
  );
};
