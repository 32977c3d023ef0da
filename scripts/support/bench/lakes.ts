/** Lakes to measure: made, filled and looked at through the server's own interface. */
import { type Connection, open, requestBytes } from "./http.ts";
import { load, type Target } from "./load.ts";
import type { Runtime } from "./runtime.ts";

export const DATASET = "sales";

/** The most entries one POST /audit-access takes. */
export const BULK_ENTRIES = 1_000;

/** A million events are delivered in a few minutes. */
const SETTLE_TIMEOUT_MS = 20 * 60_000;

const entry = (n: number) => ({
  accessor_id: `analyst-${n % 50}`,
  dataset_id: DATASET,
  action: "read",
  purpose: "quarterly report",
});

/** The command that is measured: one audited access, one event. */
export const audit = (url: URL, lake: string): Target => ({
  url,
  expected: 201,
  request: distinct((n) => requestBytes(url, "POST", `/lakes/${lake}/audit-access`, entry(n))),
});

/** The same commands, each to the next of several lakes. */
export const auditAcross = (url: URL, lakes: readonly string[]): Target => {
  const targets = lakes.map((lake) => audit(url, lake));
  const [first] = targets;
  if (first === undefined) throw new Error("there is no lake to send to");
  return { ...first, request: (n) => (targets[n % targets.length] ?? first).request(n) };
};

/** The same body, sent to bare objects. */
export const bareInsert = (url: URL, objects: readonly string[]): Target => ({
  url,
  expected: 201,
  request: distinct((n) =>
    requestBytes(url, "POST", `/${objects[n % objects.length] ?? ""}`, entry(n)),
  ),
});

/** A thousand commands in one request. */
export const bulk = (url: URL, lake: string): Target => {
  const entries = Array.from({ length: BULK_ENTRIES }, (_, n) => entry(n));
  const request = requestBytes(url, "POST", `/lakes/${lake}/audit-access`, entries);
  return { url, expected: 201, request: () => request };
};

export const read = (url: URL, path: string): Target => {
  const request = requestBytes(url, "GET", path);
  return { url, expected: 200, request: () => request };
};

/** Made up once each, so that the client does nothing but send. 400 holds 16 lakes, 50 accessors. */
const distinct = (make: (n: number) => Buffer): ((n: number) => Buffer) => {
  const made = Array.from({ length: 400 }, (_, n) => make(n));
  return (n) => made[n % made.length] ?? make(n);
};

const ask = async <Value>(url: URL, use: (connection: Connection) => Promise<Value>) => {
  const connection = await open(url);
  try {
    return await use(connection);
  } finally {
    connection.close();
  }
};

/** A command that must be done; 202 is not. */
export const post = (url: URL, path: string, body: object) =>
  ask(url, async (connection) => {
    const { status, text } = await connection.send(requestBytes(url, "POST", path, body));
    if (status !== 200 && status !== 201) throw new Error(`POST ${path}: ${status} ${text}`);
  });

/** A lake with one dataset. */
export const createLake = async (url: URL, lake_id: string): Promise<void> => {
  const region = "eu-central";
  await post(url, "/lakes", { lake_id, name: lake_id, region, compliance_level: "standard" });
  const schema = { id: "int", amount: "float" };
  await post(url, `/lakes/${lake_id}/datasets`, { name: DATASET, schema });
};

/** Gives the dataset a history of its own, for questions about the past. */
export const ingest = async (url: URL, lake: string, times: number): Promise<void> => {
  const body = { dataset_id: DATASET, data_source: "bench", record_count: 1, contains_pii: false };
  const request = requestBytes(url, "POST", `/lakes/${lake}/ingest-dataset`, body);
  await loaded(load({ url, expected: 200, request: () => request }, 8, { requests: times }));
};

/** The number of events in a lake. */
export const eventsIn = (url: URL, lake: string): Promise<number> =>
  ask(url, async (connection) => {
    const path = `/lakes/${lake}/report`;
    const { status, text } = await connection.send(requestBytes(url, "GET", path));
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${text}`);
    return (JSON.parse(text) as { events: number }).events;
  });

/** Whether the server takes commands in bulk: 422 says that it does not. */
export const takesBulk = (url: URL, lake: string): Promise<boolean> =>
  ask(url, async (connection) => {
    const { status, text } = await connection.send(bulk(url, lake).request(0));
    if (status !== 201 && status !== 422) throw new Error(`bulk: ${status} ${text}`);
    return status === 201;
  });

/** Brings a lake to `events` events, exactly when they go in one by one. */
export const fill = async (
  url: URL,
  lake: string,
  events: number,
  inBulk: boolean,
): Promise<void> => {
  const missing = events - (await eventsIn(url, lake));
  const packs = inBulk ? Math.floor(missing / BULK_ENTRIES) : 0;
  if (packs > 0) await loaded(load(bulk(url, lake), 4, { requests: packs }));
  const rest = missing - packs * BULK_ENTRIES;
  if (rest > 0) await loaded(load(audit(url, lake), 32, { requests: rest }));
};

const loaded = async (loading: ReturnType<typeof load>): Promise<void> => {
  const { failures } = await loading;
  if (failures > 0) throw new Error(`${failures} commands failed while filling a lake`);
};

/** Waits until the reports have every event of these lakes: what lags behind is not to be timed. */
export const settled = async (
  { lethe, delivered }: Runtime,
  lakes: readonly string[],
): Promise<void> => {
  for (const lake of lakes) {
    const wanted = await eventsIn(lethe, lake);
    const deadline = Date.now() + SETTLE_TIMEOUT_MS;
    while ((await delivered(lake)) < wanted) {
      if (Date.now() > deadline) throw new Error(`lake ${lake} does not reach the reports`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
};
