/**
 * What others feel while a large file is worked on: commands of the same lake, one at a time, while
 * it is appended, checked, anonymised and published in the background, against an idle lake.
 */
import { type Figure, ms, rate } from "./figures.ts";
import { audit, createLake } from "./lakes.ts";
import { load, percentile } from "./load.ts";
import type { Runtime } from "./runtime.ts";

const LAKE = "busy";
const BATCH = "large";
const IDLE_SECONDS = 5;
/** A slice of the measurement: whether the work is over is asked in between. */
const SLICE_SECONDS = 1;
/** How much longer a command may take: this often as long as in an idle lake, or so many ms. */
const TIMES_IDLE = 5;
const ALWAYS_FINE_MS = 100;

/** Lines of a file of about so many bytes, a megabyte at a time. */
export function* lines(bytes: number): Generator<string> {
  yield "id,name,email,amount,day\n";
  let row = 0;
  for (let written = 0; written < bytes; ) {
    let block = "";
    while (block.length < 1_000_000) {
      row += 1;
      const day = `2026-${String((row % 12) + 1).padStart(2, "0")}-15`;
      block += `${row},Customer Number ${row},customer-${row}@example.org,${row % 997}.25,${day}\n`;
    }
    written += block.length;
    yield block;
  }
}

const ask = async (url: URL, route: string, body?: object) => {
  const response = await fetch(new URL(`/lakes/${LAKE}${route}`, url), {
    ...(body ? { method: "POST", body: JSON.stringify(body) } : {}),
    headers: { "Content-Type": "application/json" },
  });
  const answer = (await response.json()) as { work?: { state: string; reason: string | null } };
  if (response.status >= 300) throw new Error(`${route}: ${JSON.stringify(answer)}`);
  return answer;
};

const STEPS = [
  ["append", "/append-batch"],
  ["check", "/run-dq"],
  ["privacy run", "/run-privacy"],
  ["publication", "/publish-batch"],
] as const;

/** Figures, one a step, and how fast each was. */
export const longWork = async (
  runtime: Runtime,
  bytes: number,
): Promise<{ readonly figures: readonly Figure[]; readonly notes: readonly string[] }> => {
  const { lethe, land } = runtime;
  await createLake(lethe, LAKE);
  const schema = { id: "int", name: "string", email: "string", amount: "float", day: "date" };
  await ask(lethe, "/datasets", { name: "sold", schema });
  await ask(lethe, "/contracts", {
    contract_id: "c",
    dataset: "sold",
    retention_days: 365,
    quality_rules: { id: "not_null", amount: ">=0", email: "matches:.+@.+" },
    privacy_rules: { name: "mask", email: "hash" },
  });
  await land(`lakes/${LAKE}/landing/large.csv`, lines(bytes));
  const commands = audit(lethe, LAKE);
  await load(commands, 1, { seconds: SLICE_SECONDS });
  const idle = await load(commands, 1, { seconds: IDLE_SECONDS });
  const wanted = Math.max(ALWAYS_FINE_MS, TIMES_IDLE * idle.p99_ms);
  const figures: Figure[] = [];
  const notes: string[] = [];
  for (const [name, route] of STEPS) {
    const about = { dataset: "sold", contract_id: "c", file_url: "large.csv" };
    const body = { batch_id: BATCH, ...(route === "/append-batch" ? about : {}) };
    const began = performance.now();
    await ask(lethe, route, body);
    const taken: number[] = [];
    for (;;) {
      const slice = await load(commands, 1, { seconds: SLICE_SECONDS });
      taken.push(...slice.taken_ms);
      const { work } = await ask(lethe, `/batches/${BATCH}`);
      if (work?.state === "failed") throw new Error(`the ${name} failed: ${work.reason}`);
      if (work?.state === "completed") break;
    }
    const seconds = (performance.now() - began) / 1000;
    notes.push(
      `${name} of ${Math.round(bytes / 1e6)} MB: ${rate(bytes / 1e6 / seconds, " MB/s")}.`,
    );
    const p99_ms = percentile(taken, 0.99);
    figures.push({
      what: `p99 of a command, c=1, during the ${name} of a large file : idle`,
      lethe: ms(p99_ms),
      against: ms(idle.p99_ms),
      ratio: p99_ms / idle.p99_ms,
      wanted: { at_most: Math.round(wanted / idle.p99_ms) },
    });
  }
  return { figures, notes };
};
