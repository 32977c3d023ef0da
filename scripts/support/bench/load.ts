/** Putting a server under load, and comparing loads fairly: in turns, by medians. */
import { DELIVERY_EVERY_MS } from "../../../src/application/relay.ts";
import { type Connection, open } from "./http.ts";

export interface Load {
  /** Replies a second. */
  readonly rate: number;
  /** The same of each slice, where several were merged. */
  readonly rates: readonly number[];
  /** Median, 95th and 99th percentile of a request, in milliseconds. */
  readonly p50_ms: number;
  readonly p95_ms: number;
  readonly p99_ms: number;
  /** Of every request that counts. */
  readonly taken_ms: readonly number[];
  /** Replies with another status than the one wanted. */
  readonly failures: number;
}

export interface Target {
  readonly url: URL;
  /** The status of a reply that counts. */
  readonly expected: number;
  /** The bytes of the n-th request. */
  request(n: number): Buffer;
  /** Told of each reply that counts, in the order in which they come; the time is `performance.now()`. */
  answered?(at_ms: number): void;
}

/**
 * How long after a slice the next one waits: work left behind must not be paid for by another, and
 * what is left of a lake's events goes to the reports within a second.
 */
const PAUSE_MS = DELIVERY_EVERY_MS + 300;

export const median = (values: readonly number[]): number => percentile(values, 0.5);

export const percentile = (values: readonly number[], part: number): number => {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
};

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

export type Extent = { readonly seconds: number } | { readonly requests: number };

/** `concurrency` callers, each sending its next request when the last one is answered. */
export const load = async (
  target: Target,
  concurrency: number,
  extent: Extent,
  first = 0,
): Promise<Load> => {
  const connections = await Promise.all(
    Array.from({ length: concurrency }, () => open(target.url)),
  );
  const taken: number[] = [];
  let next = first;
  let failures = 0;
  const begin = performance.now();
  const goesOn = (now: number) =>
    "seconds" in extent ? now - begin < extent.seconds * 1000 : next - first < extent.requests;
  const call = async (connection: Connection): Promise<void> => {
    for (let sent = performance.now(); goesOn(sent); ) {
      const n = next;
      next += 1;
      const reply = await connection.send(target.request(n));
      const now = performance.now();
      if (reply.status === target.expected) {
        taken.push(now - sent);
        target.answered?.(now);
      } else {
        failures += 1;
      }
      sent = now;
    }
  };
  try {
    await Promise.all(connections.map(call));
  } finally {
    for (const connection of connections) connection.close();
  }
  const seconds = (performance.now() - begin) / 1000;
  const perSecond = taken.length / seconds;
  return {
    rate: perSecond,
    rates: [perSecond],
    p50_ms: median(taken),
    p95_ms: percentile(taken, 0.95),
    p99_ms: percentile(taken, 0.99),
    taken_ms: taken,
    failures,
  };
};

/** Loads several targets in turns, A B A B, and gives the medians of each. */
export const compare = async <Name extends string>(
  targets: Readonly<Record<Name, Target>>,
  concurrency: number,
  extent: Extent,
  rounds: number,
): Promise<Readonly<Record<Name, Load>>> => {
  const names = Object.keys(targets) as Name[];
  const results = new Map<Name, Load[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    // Every other round runs backwards, so that nobody is always the first.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      results.get(name)?.push(await load(targets[name], concurrency, extent));
      await pause(PAUSE_MS);
    }
  }
  const merged = names.map((name) => {
    const loads = results.get(name) ?? [];
    const of = (pick: (one: Load) => number) => median(loads.map(pick));
    const together: Load = {
      rate: of((one) => one.rate),
      rates: loads.flatMap((one): readonly number[] => one.rates),
      p50_ms: of((one) => one.p50_ms),
      p95_ms: of((one) => one.p95_ms),
      p99_ms: of((one) => one.p99_ms),
      taken_ms: loads.flatMap((one): readonly number[] => one.taken_ms),
      failures: loads.reduce((sum, one) => sum + one.failures, 0),
    };
    return [name, together] as const;
  });
  return Object.fromEntries(merged) as Record<Name, Load>;
};
