import { describe, expect, it } from "vitest";
import { watchedSubjects } from "../../src/application/watchedSubjects.ts";
import { batchId } from "../../src/contracts/fields.ts";
import {
  anonymize,
  append,
  defineContract,
  done,
  publish,
  registerSales,
} from "../support/batchSteps.ts";
import { type ErasedLake, erasedLake } from "../support/erasedLake.ts";
import { endWithholding, execute } from "../support/erasureSteps.ts";
import { SALES } from "../support/facts.ts";
import { granted, LAKE } from "../support/testLake.ts";

const JANE = "7";

/** A lake with a batch that holds Jane, and one that was published. */
const peopled = (): ErasedLake => {
  const lake = erasedLake();
  registerSales(lake, { contains_pii: true, subject_column: "id" });
  defineContract(lake, { privacy_rules: { id: "mask" } });
  done(append(lake, "b1"));
  done(append(lake, "b2"));
  done(anonymize(lake, "b2"));
  done(publish(lake, "b2"));
  return lake;
};

const rawOf = (lake: ErasedLake, batch: string): string => {
  const state = lake.log.load(`batch/${batchId.parse(batch)}`).state as {
    batch: { raw: { key: string } };
  };
  return state.batch.raw.key;
};

const last = (lake: ErasedLake) => lake.log.events().at(-1);

const one = (id: string) => ({ kind: "reveal", deletion_id: id }) as const;

const typesAfter = (lake: ErasedLake, seq: number) =>
  lake.log
    .events()
    .slice(seq)
    .map(({ stream, type }) => `${stream} ${type}`);

describe("the record of an erasure", () => {
  it("is there, and the keys are gone, before the log says that it is completed", async () => {
    const lake = peopled();
    const id = lake.request(JANE);
    lake.run(execute(id));
    const close = await lake.upToClosing(id);
    expect(lake.deletion(id).status).toBe("in_progress");
    const record = await lake.records.read(LAKE, id);
    expect(record).toMatchObject({
      lake_id: LAKE,
      deletion_id: id,
      subject_ref: lake.deletion(id).subject_ref,
      batches: [
        { batch_id: "b1", type: "BatchRedacted" },
        { batch_id: "b2", type: "BatchRedacted" },
      ],
      closings: [{ type: "GDPRDeletionCompleted", data: { deletion_id: id } }],
    });
    expect(lake.destroyed.flat()).toContain(lake.deletion(id).subject_ref);
    expect(lake.log.keyIds()).toEqual(["lake"]);
    close();
    expect(lake.deletion(id).status).toBe("completed");
    expect(record?.closings.at(-1)?.data).toEqual(last(lake)?.data);
  });

  it("holds nothing that names the person", async () => {
    const lake = peopled();
    const id = lake.request("jane.doe@example.com");
    await lake.erase(id);
    for (const [key, bytes] of lake.objects.kept) {
      const text = new TextDecoder().decode(bytes);
      expect(key).not.toContain("jane");
      if (key.endsWith(".erased")) continue;
      const { payload } = JSON.parse(text) as { payload: string };
      expect(text).not.toContain("jane");
      expect(Buffer.from(payload, "base64").toString()).not.toContain("jane");
    }
  });

  it("is written before anything is destroyed: without a store nothing is", async () => {
    const lake = peopled();
    const id = lake.request(JANE);
    lake.run(execute(id));
    lake.objects.put = async () => {
      throw new Error("the bucket is not reachable");
    };
    await expect(lake.upToClosing(id)).rejects.toThrow("not reachable");
    expect(lake.destroyed).toEqual([]);
    expect(lake.deletion(id).status).toBe("in_progress");
  });

  it("leaves the key of another spelling while a request under it is owed an answer", async () => {
    const lake = peopled();
    const [plain, padded] = [lake.request("7"), lake.request("007")];
    await lake.erase(padded);
    const [ofPlain, ofPadded] = [plain, padded].map((id) => lake.deletion(id).subject_ref);
    expect(lake.destroyed.flat()).toContain(ofPadded);
    expect(lake.destroyed.flat()).not.toContain(ofPlain);
    expect(lake.see(one(plain))).toMatchObject({ subject_id: "7" });
    await lake.erase(plain);
    expect(lake.log.keyIds()).toEqual(["lake"]);
    expect(lake.see(one(plain))).toMatchObject({ subject_id: { erased: true } });
  });

  it("leaves the key of a newer request of the same person when a remainder is erased", async () => {
    const lake = peopled();
    const id = lake.request(JANE);
    const until = new Date(Date.parse(lake.now()) + 86_400_000).toISOString();
    const ground = "Art. 17(3)(b)";
    lake.run(execute(id, { withhold: [{ dataset: SALES, ground, until }] }));
    (await lake.upToClosing(id))();
    expect(lake.log.keyIds()).toEqual(["lake"]);
    // She asks again, before what was withheld is due.
    const newer = lake.request(JANE);
    lake.pass(2 * 86_400_000);
    granted(endWithholding(lake));
    (await lake.upToClosing(id))();
    expect(lake.deletion(id)).toMatchObject({ status: "completed", withheld: [] });
    expect(lake.see(one(newer))).toMatchObject({ subject_id: JANE });
    await lake.erase(newer);
    expect(lake.log.keyIds()).toEqual(["lake"]);
    expect(lake.see(one(newer))).toMatchObject({ subject_id: { erased: true } });
  });

  it.each(["ExecuteDeletion", "HoldDeletion", "ExtendDeletion"] as const)(
    "is followed by no key anew: %s on what is completed seals nothing",
    async (type) => {
      const lake = peopled();
      const id = lake.request(JANE);
      await lake.erase(id);
      const more = type === "ExecuteDeletion" ? { cause: "command", withhold: null } : {};
      const about = { deletion_id: id, reason: "once more", ground: null, until: null, ...more };
      lake.service.command(lake.call(), { type, ...about } as never);
      expect(lake.log.keyIds()).toEqual(["lake"]);
      expect(lake.halves.kept.size).toBe(0);
    },
  );

  it("is no sign of a restore when a crash came between it and the log", async () => {
    const lake = peopled();
    const id = lake.request(JANE);
    lake.run(execute(id));
    const close = await lake.upToClosing(id);
    expect(await lake.reapply()).toMatchObject({ records: 1, reapplied: [] });
    close();
    expect(last(lake)?.type).toBe("GDPRDeletionCompleted");
  });
});

describe("erasing again after a restore", () => {
  it("binds the batches, destroys the keys and closes the request", async () => {
    const lake = peopled();
    const id = lake.request(JANE);
    const before = lake.log.revision();
    await lake.erase(id);
    const [b1, b2] = [rawOf(lake, "b1"), rawOf(lake, "b2")];
    const facts = last(lake)?.data;

    lake.log.restore(before);
    const seq = lake.log.head();
    expect(lake.deletion(id).status).toBe("pending");
    expect(lake.log.keyIds()).toHaveLength(2);
    expect(await lake.reapply()).toEqual({
      records: 1,
      reapplied: [id],
      rebound: 2,
      erasing_again: [],
      refused: [],
    });
    expect(typesAfter(lake, seq)).toEqual([
      "batch/b1 BatchRedacted",
      "batch/b2 BatchRedacted",
      `deletion/${id} GDPRDeletionReapplied`,
    ]);
    expect([rawOf(lake, "b1"), rawOf(lake, "b2")]).toEqual([b1, b2]);
    expect(last(lake)?.data).toMatchObject({ ...facts, closing: "request", rebound: 2 });
    expect(lake.deletion(id)).toMatchObject({ status: "completed" });
    expect(lake.log.keyIds()).toEqual(["lake"]);
    expect(lake.see(one(id))).toMatchObject({ subject_id: { erased: true } });
    const owed = lake.log.duties().map(({ kind }) => kind);
    expect(owed).not.toContain("deletion_due");
    expect(owed).not.toContain("execution_due");
    // What the batches held before is deleted, as after any rewrite.
    const doomed = lake.log.duties().flatMap(({ payload }) => payload.keys ?? []);
    expect(doomed.length).toBeGreaterThan(0);
  });

  it("recalls a request that the log has never heard of", async () => {
    const lake = peopled();
    const before = lake.log.revision();
    const id = lake.request(JANE);
    await lake.erase(id);
    const { requested_at, received_at, deadline, statutory_deadline } = lake.deletion(id);
    lake.log.restore(before);
    await lake.reapply();
    expect(lake.deletion(id)).toMatchObject({
      status: "completed",
      requested_by: "petra",
      requested_at,
      received_at,
      deadline,
      statutory_deadline,
      overdue: false,
    });
    expect(lake.see(one(id))).toMatchObject({ subject_id: { erased: true } });
    // And is watched for in files to come, although the log never saw the erasure begin.
    const { subject_ref } = lake.deletion(id);
    expect(watchedSubjects(lake.log, "string")).toEqual([subject_ref]);
  });

  it("goes on from the middle of an erasure", async () => {
    const lake = peopled();
    const id = lake.request(JANE);
    lake.run(execute(id));
    const before = lake.log.revision();
    (await lake.upToClosing(id))();
    lake.log.restore(before);
    expect(lake.deletion(id).status).toBe("in_progress");
    expect(await lake.reapply()).toMatchObject({ reapplied: [id], rebound: 2 });
    expect(lake.deletion(id).status).toBe("completed");
    expect(lake.log.duties().map(({ kind }) => kind)).not.toContain("erase_step");
  });

  it("follows several erasures of one batch, whichever record comes first", async () => {
    const lake = peopled();
    const before = lake.log.revision();
    const ids = [lake.request("7"), lake.request("8"), lake.request("9")];
    for (const id of ids) await lake.erase(id);
    const raw = rawOf(lake, "b1");
    lake.log.restore(before);
    expect(await lake.reapply()).toMatchObject({ rebound: 2, erasing_again: [] });
    expect(rawOf(lake, "b1")).toBe(raw);
    for (const id of ids) expect(lake.deletion(id).status).toBe("completed");
  });

  it("leaves the key of a request that was made since the restore", async () => {
    const lake = peopled();
    const before = lake.log.revision();
    const id = lake.request(JANE);
    await lake.erase(id);
    lake.log.restore(before);
    const newer = lake.request(JANE);
    expect(await lake.reapply()).toMatchObject({ reapplied: [id] });
    expect(lake.deletion(newer).status).toBe("pending");
    expect(lake.see(one(newer))).toMatchObject({ subject_id: JANE });
    await lake.erase(newer);
    expect(lake.log.keyIds()).toEqual(["lake"]);
  });

  it("changes nothing when it is done again, nor where nothing was restored", async () => {
    const lake = peopled();
    const before = lake.log.revision();
    const id = lake.request(JANE);
    await lake.erase(id);
    const untouched = lake.log.revision();
    expect(await lake.reapply()).toMatchObject({ records: 1, reapplied: [] });
    expect(lake.log.revision()).toBe(untouched);
    lake.log.restore(before);
    await lake.reapply();
    const after = lake.log.revision();
    expect(await lake.reapply()).toMatchObject({ records: 1, reapplied: [] });
    expect(lake.log.revision()).toBe(after);
  });

  it("carries out once more what it cannot bind", async () => {
    const lake = peopled();
    const id = lake.request(JANE);
    const before = lake.log.revision();
    // Another file takes the batch's place, and Jane is erased from that one.
    lake.run({ type: "QuarantineBatch", batch_id: batchId.parse("b1"), reason: "wrong file" });
    done(append(lake, "b1"));
    await lake.erase(id);
    lake.log.restore(before);
    const seq = lake.log.head();
    expect(await lake.reapply()).toMatchObject({ reapplied: [id], erasing_again: [id] });
    expect(typesAfter(lake, seq).at(-1)).toBe(`deletion/${id} GDPRDeletionStarted`);
    const { deadline } = lake.deletion(id);
    expect(last(lake)?.data).toMatchObject({ cause: "restore", resumed: false, deadline });
    // It is owed again, and late in everybody's sight if it is late.
    const due = lake.log.schedule.find({ kind: "deletion_due", ref: id });
    expect(due?.due_at).toBe(deadline);
    expect(lake.deletion(id).status).toBe("in_progress");
    (await lake.upToClosing(id))();
    expect(lake.deletion(id).status).toBe("completed");
    // Its record knows of both: what the first had made of the batches is not forgotten.
    const record = await lake.records.read(LAKE, id);
    const made = record?.batches.map(({ batch_id }) => batch_id) ?? [];
    expect(made.filter((batch) => batch === "b1").length).toBeGreaterThan(1);
    expect(await lake.reapply()).toMatchObject({ reapplied: [] });
  });
});
