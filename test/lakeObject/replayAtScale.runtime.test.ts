/** A replay of a thousand batches: one transaction, within what a turn of the lake may take. */
import { expect, test } from "vitest";
import type { LakeRequest } from "../../src/application/lakeGateway.ts";
import { batchId, contractId, datasetName, replayId } from "../../src/contracts/fields.ts";
import { newLake } from "../support/lakeClient.ts";

const BATCHES = 1_000;
/** Far more than it takes (half a second): only a switch that grows with its square is slower. */
const MAX_SWITCH_MS = 5_000;

const sales = datasetName.parse("sales");
const schema = { id: "int", amount: "float" } as const;
const published = { schema, rows: 1, suppressed_rows: 0, k_anonymity: null, newest: {} };

test("a thousand batches are switched in one short turn", async () => {
  const lake = await newLake();
  const command = async (request: LakeRequest) => {
    const answered = await lake.gateway.command(lake.call(), request);
    if (!answered.ok) throw new Error(answered.error.detail);
    return answered.value;
  };
  await lake.done("/datasets", { name: sales, schema });
  await lake.done("/contracts", { dataset: sales, retention_days: 9 });
  const contract_id = contractId.parse("contract1");
  const object = (name: string, format: "csv" | "parquet") =>
    ({
      key: `lakes/${lake.id}/${name}.${format}`,
      format,
      bytes: 9,
      sha256: "0".repeat(64),
      rows: 1,
    }) as const;
  const batch_ids = Array.from({ length: BATCHES }, (_, n) => batchId.parse(`batch-${n}`));
  const each = async (take: (batch_id: (typeof batch_ids)[number]) => Promise<unknown>) => {
    // Together, so that they are committed in groups.
    for (let start = 0; start < BATCHES; start += 100) {
      await Promise.all(batch_ids.slice(start, start + 100).map(take));
    }
  };
  await each(async (batch_id) => {
    const taken = {
      object: object(`${batch_id}/raw`, "csv"),
      misfit: null,
      unexpected_columns: [],
      suspicions: [],
    };
    const about = {
      dataset: sales,
      contract_id,
      batch_id,
      file_url: "a.csv",
      format: "csv",
    } as const;
    await command({ type: "AppendData", ...about, taken });
    const objects = [object(`${batch_id}/1`, "parquet")];
    const publication = { objects, ...published };
    await command({ type: "PublishData", batch_id, publication, run: null });
  });
  const asked = await command({ type: "Replay", dataset: sales, batch_id: null });
  const { replay } = asked.body as { replay: { replay_id: string; background: boolean } };
  expect(replay.background).toBe(true);
  // The lake's alarm is not to come first: what it would find here is made up.
  await lake.sql("UPDATE schedule SET due_at = '9999-01-01' WHERE kind = 'replay_step'");
  const replay_id = replayId.parse(replay.replay_id);
  const base = { contract_version: 1, revision: 2, status: "published" };
  await each((batch_id) => {
    const objects = [object(`${batch_id}/2`, "parquet")];
    const publication = { objects, ...published };
    const result = {
      kind: "derived",
      rows: 1,
      schema,
      check: null,
      run: null,
      publication,
    } as const;
    return command({ type: "DeriveBatch", batch_id, replay_id, base, result });
  });
  const went = { outcome: "replayed", reason: null, rows: 1 } as const;
  await each((batch_id) => command({ type: "NoteReplayProgress", replay_id, batch_id, ...went }));
  const head = (await lake.sql("SELECT max(seq) AS head FROM events"))[0]?.head;
  const started = performance.now();
  await command({ type: "CompleteReplay", replay_id });
  const took = performance.now() - started;
  expect(took).toBeLessThan(MAX_SWITCH_MS);
  expect(
    await lake.sql(
      "SELECT count(*) AS n, count(DISTINCT command_id) AS commands FROM events WHERE seq > ?",
      head ?? 0,
    ),
  ).toEqual([{ n: 3 * BATCHES + 1, commands: 1 }]);
  const states = await lake.get("/batches?limit=1000");
  const items = states.at("items") as { last_replay: string }[];
  expect(items.filter(({ last_replay }) => last_replay === replay_id)).toHaveLength(BATCHES);
}, 120_000);
