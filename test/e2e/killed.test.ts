/**
 * The server killed with SIGKILL in the middle of a burst, round after round on the same state:
 * what was acknowledged is there. `KILL_ROUNDS=5` makes more rounds; the figures are printed.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../../scripts/support/server.ts";

const CLIENTS = 8;
const ROUNDS = Number(process.env.KILL_ROUNDS ?? 2);
/** The kill comes once this many commands of a round have been acknowledged. */
const ACKNOWLEDGED_BEFORE_KILL = 60;

interface Audit {
  readonly key: string;
  readonly seq: number;
}

interface Page {
  readonly items: readonly {
    readonly sequence: number;
    readonly type: string;
    readonly data: { readonly purpose?: string };
  }[];
  readonly next_cursor: string | null;
}

const json = { "Content-Type": "application/json" };

const audit = async (server: Server, key: string): Promise<number> => {
  const response = await fetch(`${server.url}/audit-access`, {
    method: "POST",
    headers: { ...json, "Idempotency-Key": key },
    body: JSON.stringify({
      accessor_id: "analyst",
      dataset_id: "sales",
      action: "query",
      purpose: key,
    }),
  });
  if (response.status !== 201) throw new Error(`audit answered ${response.status}`);
  const { events } = (await response.json()) as { events: { seq: number }[] };
  return events[0]?.seq ?? 0;
};

const allEvents = async (server: Server): Promise<Page["items"]> => {
  const events: Page["items"][number][] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor ? `&cursor=${cursor}` : "";
    const response = await fetch(`${server.url}/events?limit=1000${query}`);
    const page = (await response.json()) as Page;
    events.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor);
  return events;
};

describe("a server killed in the middle of a burst", () => {
  let directory: string;
  let server: Server;
  const acknowledged: Audit[] = [];
  const asked: string[] = [];

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-killed-"));
    server = await startServer({ persistTo: directory });
    const registered = await fetch(`${server.url}/datasets`, {
      method: "POST",
      headers: json,
      body: JSON.stringify({ name: "sales", schema: { id: "int" } }),
    });
    expect(registered.status).toBe(201);

    for (let round = 1; round <= ROUNDS; round += 1) {
      await burst(round);
      server = await startServer({ persistTo: directory });
    }
  });

  /** Asks until the server is gone. */
  const burst = async (round: number): Promise<void> => {
    const before = acknowledged.length;
    let kill: Promise<void> | null = null;
    const client = async (name: number): Promise<void> => {
      for (let n = 0; ; n += 1) {
        const key = `round-${round}-client-${name}-${n}`;
        asked.push(key);
        try {
          acknowledged.push({ key, seq: await audit(server, key) });
        } catch {
          // The server is gone: what it did not acknowledge may or may not be there.
          return;
        }
        if (acknowledged.length - before >= ACKNOWLEDGED_BEFORE_KILL) {
          kill ??= server.stop("SIGKILL");
        }
      }
    };
    await Promise.all(Array.from({ length: CLIENTS }, (_, name) => client(name)));
    await kill;
  };

  afterAll(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test("has every acknowledged command, where it was acknowledged", async () => {
    expect(acknowledged.length).toBeGreaterThanOrEqual(ROUNDS * ACKNOWLEDGED_BEFORE_KILL);
    const events = await allEvents(server);
    const bySeq = new Map(events.map((event) => [event.sequence, event.data.purpose]));
    const lost = acknowledged.filter(({ key, seq }) => bySeq.get(seq) !== key);
    const known = new Set(acknowledged.map(({ key }) => key));
    const also = events.filter(({ data }) => data.purpose && !known.has(data.purpose));
    console.info(
      `kill -9: ${ROUNDS} rounds, ${asked.length} commands asked for, ${acknowledged.length} ` +
        `acknowledged, ${lost.length} lost, ${also.length} there without acknowledgement`,
    );
    expect(lost).toEqual([]);
  });

  test("has no gap and no double in its log", async () => {
    const events = await allEvents(server);
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    const purposes = events.flatMap(({ data }) => data.purpose ?? []);
    expect(new Set(purposes).size).toBe(purposes.length);
    expect(purposes.filter((purpose) => !asked.includes(purpose))).toEqual([]);
  });

  test("takes the retries of all commands without doing any of them twice", async () => {
    for (const key of asked) await audit(server, key);
    const purposes = (await allEvents(server)).flatMap(({ data }) => data.purpose ?? []);
    expect([...purposes].sort()).toEqual([...asked].sort());
  });

  test("catches up with the reports", async () => {
    const { length } = await allEvents(server);
    const reported = async (): Promise<unknown> => {
      const response = await fetch(`${server.url}/lakes`);
      const { items } = (await response.json()) as { items: { events: number }[] };
      return items[0]?.events;
    };
    await expect.poll(reported, { timeout: 60_000 }).toBe(length);
  });
});
