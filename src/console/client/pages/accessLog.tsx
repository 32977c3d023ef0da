/** Who accessed what, when and what for; and the same as a file for whoever audits it elsewhere. */
import { withQuery } from "../api/http.ts";
import { type PageProps, useScope } from "../context.ts";
import { CSV_TYPE, csvOf } from "../csv.ts";
import { count, utc } from "../format.ts";
import { useListing, useNow } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { go } from "../place.ts";
import { type Params, urlOf } from "../router.ts";
import { save } from "../save.ts";
import { Choices } from "../ui/choices.tsx";
import { Field, useForm } from "../ui/form.tsx";
import { LakeLink, PageHead } from "../ui/parts.tsx";
import { ListTable } from "../ui/table.tsx";

interface Access {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly accessor_id: string;
  readonly dataset_id: string | null;
  readonly action: string;
  readonly purpose: string | null;
  readonly object: string | null;
}

const PATH = "/access-log";
const FILTERS = ["dataset", "accessor", "from", "to"] as const;
const COLUMNS = [
  "seq",
  "at",
  "accessor_id",
  "actor",
  "action",
  "dataset_id",
  "object",
  "purpose",
] as const;

export const accessCsv = (accesses: readonly Access[]): string =>
  csvOf(
    COLUMNS,
    accesses.map((access) => COLUMNS.map((column) => access[column])),
  );

/** A moment that was typed, in UTC as the log tells it. */
const inUtc = (typed: string): string => {
  const at = Date.parse(`${typed}Z`);
  return typed === "" || Number.isNaN(at) ? "" : new Date(at).toISOString();
};

const Filter = ({ filter }: { readonly filter: Params }) => {
  const { lake } = useScope();
  const of = (name: (typeof FILTERS)[number]) => filter[name] ?? "";
  const form = useForm({
    dataset: of("dataset"),
    accessor: of("accessor"),
    from: of("from").slice(0, 19),
    to: of("to").slice(0, 19),
  });
  return (
    <form
      class="filter"
      aria-label="Filter accesses"
      onSubmit={(event) => {
        event.preventDefault();
        const { from, to, ...names } = form.values;
        go(urlOf(lake, PATH, { ...names, from: inUtc(from), to: inUtc(to) }));
      }}
    >
      <Field form={form} name="accessor" label="Who" kind="search" />
      <Field form={form} name="dataset" label="Dataset" kind="search" />
      <Field form={form} name="from" label="From, in UTC" kind="datetime-local" />
      <Field form={form} name="to" label="Until, in UTC" kind="datetime-local" />
      <button type="submit">Filter</button>
      {Object.keys(filter).length === 0 ? null : (
        <a class="button" href={urlOf(lake, PATH)}>
          All accesses
        </a>
      )}
    </form>
  );
};

const DAY_MS = 86_400_000;
const SPANS = [
  ["the last day", 1],
  ["the last week", 7],
  ["the last month", 30],
] as const;

/** The log is told from its beginning: these begin it closer to now. */
const Spans = ({ query, filter }: { readonly query: Params; readonly filter: Params }) => {
  const now = useNow();
  const { from: _, to: __, ...names } = filter;
  const chosen = query.span ?? "";
  return (
    <Choices
      path={PATH}
      of={[
        { label: "all of it", query: names, on: filter.from === undefined && chosen === "" },
        ...SPANS.map(([label, days]) => ({
          label,
          query: {
            ...names,
            from: new Date(now - days * DAY_MS).toISOString(),
            span: String(days),
          },
          on: chosen === String(days),
        })),
      ]}
    />
  );
};

const AccessLog = ({ query }: PageProps) => {
  const { lake } = useScope();
  const filter = Object.fromEntries(
    FILTERS.flatMap((name) => (query[name] ? [[name, query[name]]] : [])),
  );
  const list = useListing<Access>(withQuery(PATH, filter));
  const many = list.items.length;
  return (
    <>
      <PageHead
        title="Access log"
        lead="Who read, wrote or asked for what, when and what for. It is recorded before anything is handed out."
      >
        {many === 0 ? null : (
          <button
            type="button"
            onClick={() => save(`access-log-${lake}.csv`, CSV_TYPE, accessCsv(list.items))}
          >
            {list.cursor === null ? "Download as CSV" : `Download the first ${count(many)} as CSV`}
          </button>
        )}
      </PageHead>
      <Spans query={query} filter={filter} />
      <Filter key={JSON.stringify(filter)} filter={filter} />
      <div class="section">
        <ListTable
          caption="Accesses, oldest first"
          one="access"
          many="accesses"
          list={list}
          keyOf={({ seq }) => seq}
          empty={<p>No access is on record that is like that.</p>}
          columns={[
            {
              title: "At",
              cell: ({ seq, at }) => (
                <LakeLink to={`/events/${seq}`} class="row-link">
                  <span class="time">{utc(at)}</span>
                </LakeLink>
              ),
            },
            {
              title: "Who",
              cell: ({ accessor_id, actor }) => (
                <div>
                  {accessor_id}
                  {actor === accessor_id ? null : <span class="near">told by {actor}</span>}
                </div>
              ),
            },
            { title: "Did", cell: ({ action }) => action },
            {
              title: "With",
              cell: ({ dataset_id, object }) => (
                <div>
                  {dataset_id ?? <span class="none">no dataset</span>}
                  {object === null ? null : <span class="near">{object}</span>}
                </div>
              ),
            },
            {
              title: "What for",
              cell: ({ purpose }) => purpose ?? <span class="none">not said</span>,
            },
          ]}
        />
      </div>
    </>
  );
};

export const accessLogPage: Page = {
  path: PATH,
  scope: "lake",
  view: AccessLog,
  nav: { group: "Evidence", label: "Access log" },
};
