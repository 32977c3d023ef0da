/**
 * The canary: a person who exists nowhere else is brought into a lake through every entrance, found
 * in what the server has persisted, forgotten, and looked for again in every byte.
 */
import { randomBytes } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ServerOptions, startServer } from "../server.ts";
import { type LakeClient, lakeClient } from "./client.ts";
import { ENTRANCES, type Entrance, type Planted, REQUEST, SMALL_LIMITS } from "./entrances.ts";
import { type Scan, scan } from "./scan.ts";

export interface Canary {
  readonly lake_id: string;
  readonly subject: string;
  readonly entrances: readonly Entrance[];
}

/** A lake's canary, before it was forgotten and after. */
export interface CanaryResult extends Canary {
  readonly before: Scan;
  readonly after: Scan;
  /** Entrances of which nothing was found before: a scan that misses them proves nothing. */
  readonly unseen: readonly string[];
  /** As GET /deletions/{id} shows it in the end. */
  readonly deletion: Readonly<Record<string, unknown>>;
}

export interface CanaryLake {
  readonly lake_id: string;
  /** Names of the entrances besides the request to be forgotten; left out: all. */
  readonly through?: readonly string[];
}

export interface CanaryOptions {
  /** Lakes to plant one canary each in; by default one, through every entrance. */
  readonly lakes?: readonly CanaryLake[];
  readonly main?: ServerOptions["main"];
  /** A state of a server that the canary's begins with; left out: none. */
  readonly from?: string;
  tell?(line: string): void;
}

/** Has signs that every encoding has to escape, and no part that could be in anything else. */
export const newCanary = (): string => `canary+${randomBytes(8).toString("hex")} é@lethe.example`;

/** What `wrangler dev` says of each request by itself: the platform is told not to (wrangler.toml). */
const REQUEST_LINE = /^.*\[wrangler:\w+\] [A-Z]+ \/.*$/gm;

const plant = async (
  lake: LakeClient,
  entrances: readonly Entrance[],
  planted: Planted,
): Promise<void> => {
  for (const { name, plant: enter } of entrances) {
    try {
      await enter(lake, planted);
    } catch (cause) {
      throw new Error(`${lake.lake_id}: no way in through ${name}: ${cause}`, { cause });
    }
  }
};

const forget = async (lake: LakeClient): Promise<Readonly<Record<string, unknown>>> => {
  const { items } = await lake.get("/deletions");
  const [{ deletion_id } = { deletion_id: "" }] = items as { deletion_id: string }[];
  await lake.post(`/deletions/${deletion_id}/execute`, {});
  return lake.until(
    `/deletions/${deletion_id}`,
    ({ status }) => status === "completed" || status === "failed",
  );
};

/** Starts servers of its own with throw-away state, and ends them. */
export const runCanary = async ({
  lakes = [{ lake_id: "canary" }],
  main,
  from,
  tell = () => undefined,
}: CanaryOptions = {}): Promise<readonly CanaryResult[]> => {
  const folder = await mkdtemp(path.join(tmpdir(), "lethe-canary-"));
  const directory = path.join(folder, "state");
  if (from !== undefined) await cp(from, directory, { recursive: true });
  const canaries = lakes.map(
    ({ lake_id, through }): Canary => ({
      lake_id,
      subject: newCanary(),
      entrances: ENTRANCES.filter(
        (entrance) => through?.includes(entrance.name) !== false || entrance === REQUEST,
      ),
    }),
  );
  const receiver = await startReceiver();
  let log = "";
  /** What is done in each lake while a server runs, in all of them at a time. */
  const during = async <Value>(
    work: (lake: LakeClient, canary: Canary, url: string) => Promise<Value>,
  ): Promise<readonly Value[]> => {
    const options = { persistTo: directory, vars: SMALL_LIMITS, verbose: true };
    const server = await startServer(main ? { ...options, main } : options);
    try {
      const client = ({ lake_id }: Canary) => lakeClient(() => server.url, lake_id);
      return await Promise.all(canaries.map((canary) => work(client(canary), canary, server.url)));
    } catch (cause) {
      throw new Error(`${cause}\nThe server said:\n${server.output()}`, { cause });
    } finally {
      await server.stop();
      log += server.output().replaceAll(REQUEST_LINE, "");
    }
  };
  const scanned = async (when: string) => {
    const logs = { "the log": log, "notifications that were sent": receiver.received() };
    const texts = canaries.map(({ subject }) => subject);
    const scans = await scan({ directory, texts, logs });
    const [first] = scans;
    const bytes = (first?.bytes ?? 0) + (first?.layer_bytes ?? 0);
    tell(`${when}: ${bytes.toLocaleString("en")} bytes searched in ${first?.files} files`);
    return scans;
  };
  try {
    await during(async (lake, { lake_id, subject, entrances }, url) => {
      await createLake(url, lake_id);
      await plant(lake, entrances, { subject, receiver: receiver.url });
      tell(`${lake_id}: planted through ${entrances.length} entrances`);
    });
    const before = await scanned("before");
    const deletions = await during(forget);
    const after = await scanned("after");
    return canaries.map((canary, at) => {
      const [found, left] = [before[at], after[at]];
      if (!found || !left) throw new Error("a lake was not searched");
      const unseen = canary.entrances.filter(
        ({ leaves }) => leaves && !leaves(found.hits, canary.lake_id),
      );
      return {
        ...canary,
        before: found,
        after: left,
        unseen: unseen.map(({ name }) => name),
        deletion: deletions[at] ?? {},
      };
    });
  } finally {
    receiver.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

const createLake = async (url: string, lake_id: string): Promise<void> => {
  const body = { lake_id, name: lake_id, region: "eu", country: "DE", compliance_level: "gdpr" };
  const headers = { "Content-Type": "application/json" };
  const asked = { method: "POST", headers, body: JSON.stringify(body) };
  const response = await fetch(`${url}/lakes`, asked);
  if (!response.ok) throw new Error(`POST /lakes: ${response.status} ${await response.text()}`);
};

/** Takes notifications and keeps what they said. */
const startReceiver = async () => {
  let bodies = "";
  const receiver = createServer((request, response) => {
    request.on("data", (bytes: Buffer) => {
      bodies += bytes.toString();
    });
    request.on("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  const { port } = receiver.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/told`,
    received: () => bodies,
    stop: () => {
      receiver.closeAllConnections();
      receiver.close();
    },
  };
};
