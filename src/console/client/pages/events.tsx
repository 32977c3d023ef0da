/** The log: the newest events first, as they come; filtered, page by page. */
import { useEffect, useRef, useState } from "preact/hooks";
import { listen } from "../api/eventStream.ts";
import { withQuery } from "../api/http.ts";
import type { Page as Items } from "../api/pages.ts";
import type { Problem } from "../api/problem.ts";
import type { CloudEvent } from "../api/types.ts";
import { type PageProps, useScope } from "../context.ts";
import { count, plural } from "../format.ts";
import { quietly, useListing } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { go } from "../place.ts";
import { type Params, urlOf } from "../router.ts";
import { Field, useForm } from "../ui/form.tsx";
import { LakeLink, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { type Column, ListTable, Table } from "../ui/table.tsx";

/** Events of one step back. */
const WINDOW = 50;
/** Of a log that runs, the newest; older ones are asked for. */
const MOST_LIVE = 500;

const FILTERS = ["type", "stream", "dataset", "batch_id", "actor"] as const;

const columns: readonly Column<CloudEvent>[] = [
  { title: "Seq", figures: true, cell: ({ sequence }) => count(sequence) },
  {
    title: "Event",
    cell: ({ type, sequence }) => (
      <LakeLink to={`/events/${sequence}`} class="row-link">
        {type}
      </LakeLink>
    ),
  },
  { title: "Of", cell: ({ subject }) => <code>{subject}</code> },
  { title: "By", cell: ({ actor }) => actor },
  { title: "At", cell: ({ time }) => <Time at={time} near={false} /> },
];

const keyOf = ({ sequence }: CloudEvent): number => sequence;

/** Newest first, each once. */
export const merged = (
  before: readonly CloudEvent[],
  more: readonly CloudEvent[],
): readonly CloudEvent[] => {
  const all = new Map([...before, ...more].map((event) => [event.sequence, event]));
  return [...all.values()].sort((a, b) => b.sequence - a.sequence);
};

type Live = "live" | "waiting" | Problem;

const Liveness = ({ state }: { readonly state: Live }) =>
  typeof state === "object" ? (
    <span class="live off">{state.detail}</span>
  ) : (
    <span class={state === "live" ? "live on" : "live off"}>
      {state === "live" ? "Live" : "Connecting…"}
    </span>
  );

/** The log from its end, growing. */
const Latest = () => {
  const { api } = useScope();
  const [events, setEvents] = useState<readonly CloudEvent[] | null>(null);
  const [state, setState] = useState<Live>("waiting");
  const [problem, setProblem] = useState<Problem | null>(null);
  const leaving = useRef(new AbortController());
  const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

  /** Those before `seq`, as many as a step has. */
  const readBefore = async (seq: number, signal: AbortSignal) => {
    const limit = Math.min(WINDOW, seq - 1);
    if (limit < 1) return [];
    const url = withQuery("/events", { after: seq - 1 - limit, limit });
    const answer = await api.get<Items<CloudEvent>>(url, signal);
    if (answer.ok) return answer.body.items;
    setProblem(answer.problem);
    return [];
  };

  useEffect(() => {
    const controller = new AbortController();
    leaving.current = controller;
    const { signal } = controller;
    const begin = async () => {
      const url = withQuery("/events", { order: "desc", limit: WINDOW });
      const first = await api.get<Items<CloudEvent>>(url, signal);
      if (!first.ok) return setProblem(first.problem);
      const { items } = first.body;
      setEvents((before) => merged(before ?? [], items));
      await listen(api, withQuery("/events/stream", { after: items[0]?.sequence ?? 0 }), {
        signal,
        sleep,
        onState: setState,
        onEvent: (event) =>
          setEvents((before) => merged(before ?? [], [event as CloudEvent]).slice(0, MOST_LIVE)),
      });
    };
    quietly(begin(), signal);
    return () => controller.abort();
  }, [api]);

  const oldest = events?.at(-1)?.sequence ?? 1;
  const earlier = () => {
    const { signal } = leaving.current;
    const work = readBefore(oldest, signal).then((older) =>
      setEvents((before) => merged(before ?? [], older)),
    );
    quietly(work, signal);
  };
  if (problem !== null) return <Refusal problem={problem} />;
  if (events === null) return <Waiting />;
  return (
    <Section title="Newest first" note={<Liveness state={state} />}>
      <Table
        caption="Events, newest first"
        rows={events}
        keyOf={keyOf}
        columns={columns}
        empty={<p>Nothing has happened yet.</p>}
      />
      {oldest > 1 ? (
        <p class="more">
          <button type="button" onClick={earlier}>
            {`Show earlier events (${count(oldest - 1)})`}
          </button>
        </p>
      ) : (
        <p class="more">{`${plural(events.length, "event")}, back to the first.`}</p>
      )}
    </Section>
  );
};

const Filtered = ({ filter }: { readonly filter: Params }) => {
  const list = useListing<CloudEvent>(
    withQuery("/events", { ...filter, order: "desc", limit: WINDOW }),
  );
  return (
    <Section title="Newest first">
      <ListTable
        caption="Events that the filter lets through, newest first"
        one="event"
        list={list}
        keyOf={keyOf}
        columns={columns}
        empty={<p>No event of the log is like that.</p>}
      />
    </Section>
  );
};

const Filter = ({ filter }: { readonly filter: Params }) => {
  const { lake } = useScope();
  const of = (name: (typeof FILTERS)[number]) => filter[name] ?? "";
  const form = useForm({
    type: of("type"),
    stream: of("stream"),
    dataset: of("dataset"),
    batch_id: of("batch_id"),
    actor: of("actor"),
  });
  return (
    <form
      class="filter"
      aria-label="Filter events"
      onSubmit={(event) => {
        event.preventDefault();
        go(urlOf(lake, "/events", form.values));
      }}
    >
      <Field form={form} name="type" label="Type" placeholder="DataPublished" kind="search" />
      <Field form={form} name="stream" label="Stream" placeholder="batch/batch1" kind="search" />
      <Field form={form} name="dataset" label="Dataset" kind="search" />
      <Field form={form} name="batch_id" label="Batch" kind="search" />
      <Field form={form} name="actor" label="By" kind="search" />
      <button type="submit">Filter</button>
      {Object.keys(filter).length === 0 ? null : (
        <a class="button" href={urlOf(lake, "/events")}>
          All events
        </a>
      )}
    </form>
  );
};

const Events = ({ query }: PageProps) => {
  const filter = Object.fromEntries(
    FILTERS.flatMap((name) => (query[name] ? [[name, query[name]]] : [])),
  );
  const about = JSON.stringify(filter);
  return (
    <>
      <PageHead
        title="Events"
        lead="Everything that ever happened in the lake, in its one order. Nothing in it is changed or taken out."
      />
      <Filter key={about} filter={filter} />
      {about === "{}" ? <Latest /> : <Filtered filter={filter} />}
    </>
  );
};

export const eventsPage: Page = {
  path: "/events",
  scope: "lake",
  view: Events,
  nav: { group: "Evidence", label: "Events" },
};
