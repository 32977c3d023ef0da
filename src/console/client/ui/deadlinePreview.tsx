/** The calendar's answer to a date of receipt: when a request must be answered, and why then. */
import { withQuery } from "../api/http.ts";
import { moment, relative, utc } from "../format.ts";
import { useNow, useQuestion } from "../hooks.ts";
import { Facts, Refusal, Section, Waiting } from "./parts.tsx";

interface Deadlines {
  readonly time_zone: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
  readonly extended_deadline: string;
  readonly explanation: string;
}

interface PreviewProps {
  /** A date, or a moment. */
  readonly received_at: string;
  readonly country: string | null;
  readonly time_zone: string | null;
}

const Moment = ({ at }: { readonly at: string }) => {
  const now = useNow();
  return (
    <time dateTime={at}>
      {utc(at)}
      <span class="near">{relative(at, now)}</span>
    </time>
  );
};

export const DeadlinePreview = ({ received_at, country, time_zone }: PreviewProps) => {
  const asked = useQuestion<Deadlines>(
    withQuery("/deadlines", { received_at, country, time_zone }),
    ({ platform }) => platform,
  );
  if (asked.state === "loading") return <Waiting what="Reading the calendar" />;
  if (asked.state === "failed") return <Refusal problem={asked.problem} />;
  const { body } = asked;
  return (
    <div class="calendar" role="status">
      <Facts
        of={[
          ["Lethe works to", <Moment key="own" at={body.deadline} />],
          ["The law asks for it by", <Moment key="law" at={body.statutory_deadline} />],
          ["If it is extended", <Moment key="more" at={body.extended_deadline} />],
        ]}
      />
      <p class="note">{body.explanation}</p>
    </div>
  );
};

interface Locality {
  readonly country: string | null;
  readonly time_zone: string | null;
}

/** When a request received then is due by the calendar of this lake. */
export const DueHere = ({ typed }: { readonly typed: string }) => {
  const lake = useQuestion<Locality>("");
  // Left out means now; the minute is told to the calendar once, not with every stroke.
  const received_at = typed === "" ? `${new Date().toISOString().slice(0, 16)}:00Z` : moment(typed);
  return (
    <Section title="When it will be due">
      {lake.state === "loading" ? (
        <Waiting what="Reading the calendar" />
      ) : lake.state === "failed" ? (
        <Refusal problem={lake.problem} retry={lake.reload} />
      ) : (
        <DeadlinePreview
          received_at={received_at}
          country={lake.body.country}
          time_zone={lake.body.time_zone}
        />
      )}
    </Section>
  );
};
