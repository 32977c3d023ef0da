import { describe, expect, it } from "vitest";
import { type ErasureRecords, erasureRecords } from "../../src/application/erasureRecords.ts";
import { logSigner } from "../../src/application/logSigner.ts";
import { MAX_EVENT_BYTES } from "../../src/contracts/eventSize.ts";
import { deletionId } from "../../src/contracts/fields.ts";
import { memoryEventLog } from "../support/memoryEventLog.ts";
import { memorySmallObjects } from "../support/memorySmallObjects.ts";

const ID = deletionId.parse("d1");
const KEY = "lakes/north/erasures/d1.json";
const SEED = new Uint8Array(32).fill(7);

const kept = (destroy: (lake_id: string) => Promise<void> = async () => {}) => {
  const objects = memorySmallObjects();
  const records = erasureRecords({
    log: memoryEventLog(),
    objects,
    custody: { destroy },
    signer: (lake_id) => logSigner(lake_id, SEED),
  });
  return { objects, records };
};

const listed = async (records: ErasureRecords) => {
  const ids: string[] = [];
  for await (const id of records.list("north")) ids.push(id);
  return ids;
};

describe("the records of erasures", () => {
  it("are none where there are none, and those of one lake only", async () => {
    const { objects, records } = kept();
    expect(await listed(records)).toEqual([]);
    expect(await records.read("north", ID)).toBeNull();
    for (const key of [KEY, "lakes/northern/erasures/d2.json", "lakes/north/custody/d3.json"]) {
      await objects.put(key, new Uint8Array());
    }
    expect(await listed(records)).toEqual(["d1"]);
  });

  it.each(["", "null", "[]", "{}", '{"payloadType":"x","payload":"","signatures":[]}'])(
    "are refused when %j lies in their place",
    async (text) => {
      const { objects, records } = kept();
      await objects.put(KEY, new TextEncoder().encode(text));
      await expect(records.read("north", ID)).rejects.toThrow(/record/);
    },
  );

  it("are not written, nor keys destroyed, for an event that the log could not take", async () => {
    const destroyed: string[] = [];
    const { objects, records } = kept(async (lake_id) => void destroyed.push(lake_id));
    const data = { failure: "é".repeat(MAX_EVENT_BYTES / 2) };
    const closing = { type: "GDPRDeletionCompleted", data };
    await expect(records.release("north", ID, closing)).rejects.toThrow("fits into the log");
    expect(objects.kept.size).toBe(0);
    expect(destroyed).toEqual([]);
  });

  it("of a request that nobody made are not written", async () => {
    const { objects, records } = kept();
    const closing = { type: "GDPRDeletionCompleted", data: {} };
    await expect(records.release("north", ID, closing)).rejects.toThrow("no request d1");
    expect(objects.kept.size).toBe(0);
  });
});
