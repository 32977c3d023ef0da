/**
 * What it costs to forget one person in ten of a thousand batches: bytes that are read besides the
 * objects that are rewritten, batches that are rewritten, and the time, against a lake that has
 * these ten batches and no other: once against all of the erasure there, and once against no more
 * of it than rewriting the ten, without reading them again and without the certificate. Several
 * persons, one after the other, in turns with as many small lakes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { BYTES_PATH } from "./countingLake.ts";
import type { Figure } from "./figures.ts";
import type { Runtime } from "./runtime.ts";

const LARGE = "thousand";
const BATCHES = 1_000;
const HITS = 10;
const ROWS = 1_000;
const APPENDS_AT_ONCE = 4;
const LOOK_EVERY_MS = 20;
const PATIENCE_MS = 5 * 60_000;

/** Bytes read besides the rewritten objects, as a share of all data. */
const WANTED_SHARE = 0.01;
const WANTED_TIMES = 2;

interface Answer {
  readonly [field: string]: unknown;
}

const ask = async (url: URL, lake: string, route: string, body?: object): Promise<Answer> => {
  const response = await fetch(new URL(`/lakes/${lake}${route}`, url), {
    ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
    headers: { "Content-Type": "application/json" },
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${route}: ${response.status} ${text}`);
  return JSON.parse(text) as Answer;
};

const subject = (round: number): string => `forgotten-${round}@example.org`;

/** In each of a round's batches its person has one row among a thousand. */
const file = (batch: number, round: number | null): string => {
  const lines = ["person,name,amount"];
  for (let row = 0; row < ROWS; row += 1) {
    const person =
      row === ROWS / 2 && round !== null ? subject(round) : `${batch}-${row}@example.org`;
    lines.push(`${person},Customer Number ${row} of batch ${batch},${row}`);
  }
  return `${lines.join("\n")}\n`;
};

/** The round whose person is in that batch of the large lake: ten batches a round, spread evenly. */
const roundOf = (batch: number, rounds: number): number | null => {
  const at = batch % (BATCHES / HITS);
  return at < rounds ? at : null;
};

const createLake = async ({ lethe }: Runtime, lake_id: string): Promise<void> => {
  const response = await fetch(new URL("/lakes", lethe), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ lake_id, name: lake_id, region: "eu", compliance_level: "gdpr" }),
  });
  if (!response.ok) throw new Error(`POST /lakes: ${response.status} ${await response.text()}`);
  await ask(lethe, lake_id, "/datasets", {
    name: "people",
    schema: { person: "string", name: "string", amount: "int" },
    contains_pii: true,
    subject_column: "person",
  });
  const contract = { contract_id: "c", dataset: "people", retention_days: 365 };
  await ask(lethe, lake_id, "/contracts", contract);
};

/** Resolves to the bytes that were appended. */
const fill = async (
  { lethe, land }: Runtime,
  lake_id: string,
  batches: readonly number[],
  round: (batch: number) => number | null,
): Promise<number> => {
  let bytes = 0;
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const batch = batches[next];
      next += 1;
      if (batch === undefined) return;
      const content = file(batch, round(batch));
      const file_url = `b${batch}.csv`;
      await land(`lakes/${lake_id}/landing/${file_url}`, content);
      const about = { dataset: "people", contract_id: "c", batch_id: `b${batch}`, file_url };
      await ask(lethe, lake_id, "/append-batch", about);
      bytes += content.length;
    }
  };
  await Promise.all(Array.from({ length: APPENDS_AT_ONCE }, worker));
  return bytes;
};

interface Erased {
  readonly ms: number;
  /** Of that, from the beginning until the last batch was rewritten. */
  readonly rewriting_ms: number;
  readonly rewritten: readonly string[];
  /** By key. */
  readonly reads: Readonly<Record<string, number>>;
}

const erase = async ({ lethe }: Runtime, lake: string, round: number): Promise<Erased> => {
  const body = { subject_id: subject(round), reason: "please", requested_by: "bench" };
  const { deletion } = await ask(lethe, lake, "/deletions", body);
  const { deletion_id } = deletion as { deletion_id: string };
  await counted(lethe);
  const began = performance.now();
  await ask(lethe, lake, `/deletions/${deletion_id}/execute`, {});
  for (;;) {
    const { status } = await ask(lethe, lake, `/deletions/${deletion_id}`);
    if (status === "completed") break;
    if (status === "failed" || performance.now() - began > PATIENCE_MS) {
      throw new Error(`the erasure in lake ${lake} is ${status}`);
    }
    await sleep(LOOK_EVERY_MS);
  }
  const ms = performance.now() - began;
  const reads = await counted(lethe);
  const ours = async (type: string) => {
    const { items } = await ask(lethe, lake, `/events?type=${type}&limit=1000`);
    return (items as Recorded[]).filter(
      ({ subject: of, data }) =>
        of === `deletion/${deletion_id}` || data.deletion_id === deletion_id,
    );
  };
  const redacted = await ours("BatchRedacted");
  const [started] = await ours("GDPRDeletionStarted");
  const rewriting_ms = millisecondsBetween(started, redacted.at(-1));
  return { ms, rewriting_ms, rewritten: redacted.map(({ subject: of }) => of), reads };
};

interface Recorded {
  readonly time: string;
  readonly subject: string;
  readonly data: { readonly deletion_id?: string };
}

const millisecondsBetween = (from: Recorded | undefined, to: Recorded | undefined): number => {
  if (from === undefined || to === undefined) throw new Error("an erasure begins and rewrites");
  return Date.parse(to.time) - Date.parse(from.time);
};

/** Bytes read from the object store since the last time, by key. */
const counted = async (url: URL): Promise<Readonly<Record<string, number>>> => {
  const response = await fetch(new URL(BYTES_PATH, url), { method: "POST" });
  return (await response.json()) as Record<string, number>;
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export const erasure = async (
  runtime: Runtime,
  rounds: number,
  step: (text: string) => void,
): Promise<readonly Figure[]> => {
  const all = Array.from({ length: BATCHES }, (_, batch) => batch);
  await createLake(runtime, LARGE);
  const data_bytes = await fill(runtime, LARGE, all, (batch) => roundOf(batch, rounds));
  step("forgetting persons");
  const [large, alone, rewriting]: [number[], number[], number[]] = [[], [], []];
  let [beyond, most_rewritten, least_rewritten] = [0, 0, BATCHES];
  for (let round = 0; round < rounds; round += 1) {
    const own = all.filter((batch) => roundOf(batch, rounds) === round);
    const small = `alone-${round}`;
    await createLake(runtime, small);
    await fill(runtime, small, own, () => round);
    const order = round % 2 === 0 ? [LARGE, small] : [small, LARGE];
    for (const lake of order) {
      const { ms, rewriting_ms, rewritten, reads } = await erase(runtime, lake, round);
      if (lake === small) {
        alone.push(ms);
        rewriting.push(rewriting_ms);
        continue;
      }
      large.push(ms);
      most_rewritten = Math.max(most_rewritten, rewritten.length);
      least_rewritten = Math.min(least_rewritten, rewritten.length);
      const isRewritten = (key: string) => own.some((batch) => key.includes(`/batches/b${batch}/`));
      const others = Object.entries(reads).filter(([key]) => !isRewritten(key));
      beyond = Math.max(
        beyond,
        others.reduce((sum, [, bytes]) => sum + bytes, 0),
      );
    }
  }
  const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
  const what = `one subject in ${HITS} of ${BATCHES.toLocaleString("en")} batches`;
  return [
    {
      what: `${what}: bytes read besides the rewritten objects : all data`,
      lethe: kilobytes(beyond),
      against: kilobytes(data_bytes),
      ratio: beyond / data_bytes,
      wanted: { at_most: WANTED_SHARE },
    },
    {
      what: `${what}: batches rewritten : batches that hold the subject`,
      lethe: String(most_rewritten),
      against: String(HITS),
      ratio: least_rewritten < HITS ? 0 : most_rewritten / HITS,
      wanted: { at_most: 1 },
    },
    {
      what: `${what}: time : the same in a lake of these ${HITS} alone`,
      lethe: `${Math.round(median(large))} ms`,
      against: `${Math.round(median(alone))} ms`,
      ratio: median(large) / median(alone),
      wanted: { at_most: WANTED_TIMES },
    },
    {
      what: `${what}: time : rewriting these ${HITS} alone, and nothing else`,
      lethe: `${Math.round(median(large))} ms`,
      against: `${Math.round(median(rewriting))} ms`,
      ratio: median(large) / median(rewriting),
      wanted: { at_most: WANTED_TIMES },
    },
  ];
};
