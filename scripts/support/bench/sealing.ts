/**
 * What sealing costs: the same pass (every cell read, checked, two columns protected, Parquet
 * written) over a batch of an encrypted dataset and of one that is not, in turns.
 */
import { type Figure, rate } from "./figures.ts";
import { createLake } from "./lakes.ts";
import type { Runtime } from "./runtime.ts";

const LAKE = "sealing";
const KINDS = ["sealed", "plain"] as const;
type Kind = (typeof KINDS)[number];

/** Below what is taken in the background. */
const FILE_BYTES = 8_000_000;

/** A sealed pass may take a fifth of the speed. */
const WANTED = 0.8;

const csv = (): string => {
  const lines = ["id,name,email,amount,day"];
  let bytes = 0;
  for (let row = 1; bytes < FILE_BYTES; row += 1) {
    const day = `2026-${String((row % 12) + 1).padStart(2, "0")}-15`;
    const line = `${row},Customer Number ${row},customer-${row}@example.org,${row % 997}.25,${day}`;
    lines.push(line);
    bytes += line.length + 1;
  }
  return `${lines.join("\n")}\n`;
};

const post = async (url: URL, route: string, body: object): Promise<void> => {
  const response = await fetch(new URL(`/lakes/${LAKE}${route}`, url), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (response.status >= 300) throw new Error(`${route}: ${response.status} ${text}`);
};

const appended = async ({ lethe, land }: Runtime, kind: Kind, content: string): Promise<void> => {
  const schema = { id: "int", name: "string", email: "string", amount: "float", day: "date" };
  await post(lethe, "/datasets", { name: kind, schema, encryption_enabled: kind === "sealed" });
  await post(lethe, "/contracts", {
    contract_id: kind,
    dataset: kind,
    retention_days: 365,
    quality_rules: { id: "not_null", amount: ">=0", email: "matches:.+@.+" },
    privacy_rules: { name: "mask", email: "hash" },
  });
  await land(`lakes/${LAKE}/landing/${kind}.csv`, content);
  const file_url = `${kind}.csv`;
  await post(lethe, "/append-batch", {
    dataset: kind,
    contract_id: kind,
    batch_id: kind,
    file_url,
  });
};

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export const sealing = async (runtime: Runtime, rounds: number): Promise<Figure> => {
  await createLake(runtime.lethe, LAKE);
  const content = csv();
  for (const kind of KINDS) await appended(runtime, kind, content);
  const speeds: Record<Kind, number[]> = { sealed: [], plain: [] };
  // The first round compiles the code; it is not counted. Who begins changes from round to round.
  for (let round = 0; round <= rounds; round += 1) {
    for (const kind of round % 2 === 0 ? KINDS : KINDS.toReversed()) {
      const began = performance.now();
      await post(runtime.lethe, "/run-privacy", { batch_id: kind });
      const seconds = (performance.now() - began) / 1000;
      if (round > 0) speeds[kind].push(content.length / 1_000_000 / seconds);
    }
  }
  const [own, other] = [median(speeds.sealed), median(speeds.plain)];
  return {
    what: "CSV -> masked and hashed -> Parquet, encrypted dataset : plain one",
    lethe: rate(own, " MB/s"),
    against: rate(other, " MB/s"),
    ratio: own / other,
    wanted: { at_least: WANTED },
  };
};
