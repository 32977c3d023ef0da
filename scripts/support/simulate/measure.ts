/**
 * What an event costs the reports, measured: the bundle on plain workerd is sent commands, delivers
 * their events to the simulated D1 as it would to the real one, and the database is weighed.
 */
import { BULK_ENTRIES, eventsIn, post, settled } from "../bench/lakes.ts";
import { counts } from "../bench/rows.ts";
import { type Place, type Runtime, start } from "../bench/runtime.ts";
import type { Cost, Costs } from "./model.ts";

const DATASET = "orders";
/** Of each kind of access: enough for a database to be weighed by the page. */
const PACKS = 20;
const ACCESSORS = 50;
/** Lives of a batch, each with a request to be forgotten. */
const LIVES = 60;
const SINGLES = 30;

export interface Measured {
  readonly costs: Costs;
  /** Of a batch with one event, in the simulator. */
  readonly batch_ms: number;
  /** Statements of the largest batch. */
  readonly statements: number;
  /** How many it was measured from. */
  readonly events: number;
}

const CSV = `id,email,amount\n${Array.from(
  { length: 20 },
  (_, row) => `${row},person-${row}@example.com,${row}.50`,
).join("\n")}\n`;

/** A lake with a dataset of personal data and a contract for it. */
const orders = async ({ lethe }: Runtime, lake_id: string): Promise<void> => {
  const region = "eu-central";
  await post(lethe, "/lakes", { lake_id, name: lake_id, region, compliance_level: "gdpr" });
  await post(lethe, `/lakes/${lake_id}/datasets`, {
    name: DATASET,
    schema: { id: "int", email: "string", amount: "decimal" },
    contains_pii: true,
    subject_column: "email",
  });
  await post(lethe, `/lakes/${lake_id}/contracts`, {
    dataset: DATASET,
    contract_id: "c1",
    retention_days: 365,
    quality_rules: { amount: ">=0" },
    privacy_rules: { email: "hash" },
  });
};

/** What a batch goes through, from its file to a consumer; and a person asks to be forgotten. */
const life = async ({ lethe, land }: Runtime, lake: string, nth: number): Promise<void> => {
  const batch_id = `${DATASET}-2026-11-${String(nth).padStart(4, "0")}`;
  const filename = `${batch_id}.csv`;
  await land(`lakes/${lake}/landing/${filename}`, CSV);
  const at = `/lakes/${lake}`;
  const of = { dataset: DATASET, contract_id: "c1", batch_id, file_url: filename };
  await post(lethe, `${at}/append-batch`, of);
  await post(lethe, `${at}/run-dq`, { batch_id });
  await post(lethe, `${at}/run-privacy`, { batch_id });
  await post(lethe, `${at}/publish-batch`, { batch_id });
  await post(lethe, `${at}/consume-batch`, { batch_id, consumer: `analyst-${nth % ACCESSORS}` });
  await post(lethe, `${at}/deletions`, {
    subject_id: `person-${nth}@example.com`,
    reason: "I do not order there any more.",
    requested_by: "support-agent-12",
  });
};

const accesses = async (
  { lethe }: Runtime,
  lake: string,
  count: number,
  accessorOf: (nth: number) => string,
): Promise<void> => {
  for (let done = 0; done < count; done += BULK_ENTRIES) {
    const entries = Array.from({ length: Math.min(BULK_ENTRIES, count - done) }, (_, index) => ({
      accessor_id: accessorOf(done + index),
      dataset_id: DATASET,
      action: "read",
      purpose: "quarterly report",
    }));
    await post(lethe, `/lakes/${lake}/audit-access`, entries);
  }
};

interface Weighed extends Cost {
  readonly events: number;
  readonly batches: number;
  readonly batches_ms: number;
  readonly statements: number;
}

/** What was added by some work of a lake, a piece an event. */
const weighed = async (
  runtime: Runtime,
  lake: string,
  work: () => Promise<void>,
): Promise<Weighed> => {
  await settled(runtime, [lake]);
  await counts(runtime.lethe, lake);
  const [events, bytes] = [await eventsIn(runtime.lethe, lake), await runtime.reportsBytes()];
  await work();
  await settled(runtime, [lake]);
  const counted = await counts(runtime.lethe, lake);
  const made = (await eventsIn(runtime.lethe, lake)) - events;
  return {
    events: made,
    bytes: ((await runtime.reportsBytes()) - bytes) / made,
    rows: counted.d1 / made,
    ms: counted.d1_ms / made,
    batches: counted.d1_batches,
    batches_ms: counted.d1_ms,
    statements: counted.d1_statements,
  };
};

export const measure = async (place: Place): Promise<Measured> => {
  const runtime = await start(place, { counting: true });
  try {
    for (const lake of ["few", "many", "single", "life"]) await orders(runtime, lake);
    // The first ones warm the code.
    await accesses(runtime, "single", BULK_ENTRIES, (nth) => `analyst-${nth % ACCESSORS}`);
    const single = await weighed(runtime, "single", async () => {
      for (let nth = 0; nth < SINGLES; nth += 1) {
        await accesses(runtime, "single", 1, () => "analyst-1");
        await settled(runtime, ["single"]);
      }
    });
    const batch_ms = single.batches_ms / single.batches;
    const count = PACKS * BULK_ENTRIES;
    const few = await weighed(runtime, "few", () =>
      accesses(runtime, "few", count, (nth) => `analyst-${nth % ACCESSORS}`),
    );
    const many = await weighed(runtime, "many", () =>
      accesses(runtime, "many", count, (nth) => `analyst-${nth}`),
    );
    const lives = await weighed(runtime, "life", async () => {
      for (let nth = 0; nth < LIVES; nth += 1) await life(runtime, "life", nth);
    });
    const own = (of: Weighed): number =>
      Math.max(0, of.batches_ms - of.batches * batch_ms) / of.events;
    const access = { bytes: few.bytes, rows: few.rows, ms: own(few) };
    return {
      costs: {
        access,
        counted: {
          bytes: Math.max(0, many.bytes - few.bytes),
          rows: Math.max(0, many.rows - few.rows),
          ms: Math.max(0, own(many) - own(few)),
        },
        other: { bytes: lives.bytes, rows: lives.rows, ms: own(lives) },
      },
      batch_ms,
      statements: Math.max(...[single, few, many, lives].map(({ statements }) => statements)),
      events: single.events + few.events + many.events + lives.events,
    };
  } finally {
    await runtime.stop();
  }
};
