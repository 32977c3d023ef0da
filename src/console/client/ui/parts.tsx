/** Small parts that pages are made of: headings, badges, times, links within the lake, refusals. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Problem } from "../api/problem.ts";
import { useScope } from "../context.ts";
import { local, relative, urgency, utc, words } from "../format.ts";
import { useNow } from "../hooks.ts";
import { type Params, urlOf } from "../router.ts";

type Children = { readonly children: ComponentChildren };

/** The one heading of a page; told to screen readers, and named in the tab, when the page is come to. */
export const PageHead = ({
  title,
  lead,
  children,
}: {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly children?: ComponentChildren;
}) => {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Lethe`;
    // On the first page the reader is where the browser puts them.
    if (document.documentElement.dataset.arrived === "yes") heading.current?.focus();
    document.documentElement.dataset.arrived = "yes";
  }, [title]);
  return (
    <header class="page-head">
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead === undefined ? null : <p class="lead">{lead}</p>}
      </div>
      {children === undefined ? null : <div class="actions">{children}</div>}
    </header>
  );
};

/** A link to a page of this lake. */
export const LakeLink = ({
  to,
  query = {},
  class: look,
  children,
}: Children & { readonly to: string; readonly query?: Params; readonly class?: string }) => {
  const { lake } = useScope();
  return (
    <a href={urlOf(lake, to, query)} class={look}>
      {children}
    </a>
  );
};

/** How statuses look: what is done, what waits, what is wrong, what is over. */
const TONES: Readonly<Record<string, string>> = {
  active: "good",
  approved: "good",
  published: "good",
  completed: "good",
  fresh: "good",
  delivered: "good",
  checked: "calm",
  anonymized: "calm",
  appended: "calm",
  defined: "wait",
  pending: "wait",
  held: "wait",
  in_progress: "wait",
  appending: "wait",
  waiting: "wait",
  quarantined: "bad",
  overdue: "bad",
  failed: "bad",
  stale: "bad",
  append_failed: "bad",
  parked: "bad",
};

/** A status as a word; the colour only repeats it. */
export const Badge = ({ status, label }: { readonly status: string; readonly label?: string }) => (
  <span class={`badge ${TONES[status] ?? "past"}`}>{label ?? words(status)}</span>
);

/** A moment: in UTC, how long from now, and by the reader's clock on hovering. */
export const Time = ({ at, near = true }: { readonly at: string; readonly near?: boolean }) => {
  const now = useNow();
  return (
    <time dateTime={at} title={local(at)} class="time">
      {utc(at)}
      {near ? <span class="near">{relative(at, now)}</span> : null}
    </time>
  );
};

/** A deadline, whose urgency is said and not only coloured. */
export const Deadline = ({ at, open = true }: { readonly at: string; readonly open?: boolean }) => {
  const now = useNow();
  const state = open ? urgency(at, now) : "later";
  return (
    <time dateTime={at} title={local(at)} class={`time deadline ${state}`}>
      {utc(at)}
      <span class="near">
        {state === "overdue" ? `overdue, due ${relative(at, now)}` : relative(at, now)}
      </span>
    </time>
  );
};

/** A refusal, in Lethe's own words. */
export const Refusal = ({
  problem,
  retry,
}: {
  readonly problem: Problem;
  readonly retry?: () => void;
}) => (
  <div class="refusal" role="alert">
    <p class="refusal-title">{problem.title}</p>
    <p>{problem.detail}</p>
    {retry === undefined ? null : (
      <button type="button" onClick={retry}>
        Try again
      </button>
    )}
  </div>
);

/** Something is being asked for. */
export const Waiting = ({ what = "Loading" }: { readonly what?: string }) => (
  <p class="waiting" role="status">
    {what}…
  </p>
);

/** A section of a page. */
export const Section = ({
  title,
  note,
  children,
}: Children & { readonly title: string; readonly note?: ComponentChildren }) => (
  <section class="section">
    <h2>{title}</h2>
    {note === undefined ? null : <p class="note">{note}</p>}
    {children}
  </section>
);

/** Names and what stands under them. */
export const Facts = ({
  of,
}: {
  readonly of: readonly (readonly [string, ComponentChildren])[];
}) => (
  <dl class="facts">
    {of.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value ?? <span class="none">not said</span>}</dd>
      </div>
    ))}
  </dl>
);

/** Ids and other names of machines. */
export const Code = ({ children }: Children) => <code>{children}</code>;
