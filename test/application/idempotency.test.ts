import { describe, expect, it } from "vitest";
import type { Call, LakeRequest } from "../../src/application/lakeGateway.ts";
import { MAX_EVENT_BYTES } from "../../src/contracts/eventSize.ts";
import { batchId, datasetName } from "../../src/contracts/fields.ts";
import { defineContract, registerSales } from "../support/batchSteps.ts";
import { appendData, MISFIT, RAW, SCHEMA } from "../support/facts.ts";
import { createLake, refusal, testLake } from "../support/testLake.ts";

const keyed = (key: string, body = "{}"): Partial<Call> => ({ idempotency: { key, body } });

const register: LakeRequest = {
  type: "RegisterDataset",
  name: datasetName.parse("sales"),
  schema: SCHEMA,
  description: null,
  contains_pii: null,
  encryption_enabled: false,
  subject_column: null,
};
const audit: LakeRequest = {
  type: "AuditAccess",
  accessor_id: "alice",
  dataset_id: datasetName.parse("sales"),
  action: "read",
  purpose: null,
};

describe("a command sent twice under one key", () => {
  it("has one effect and is answered twice with the first answer", () => {
    const lake = testLake({ level: "standard" });
    const first = lake.run(register, keyed("k1", "body"));
    const stored = lake.log.dump();
    lake.pass(60_000);
    const second = lake.run(register, keyed("k1", "body"));
    expect(first.replayed).toBe(false);
    expect(second).toEqual({ ...first, replayed: true });
    expect(lake.log.dump()).toBe(stored);
  });

  it("is answered as it was then, whatever happened since", () => {
    const lake = testLake({ level: "standard" });
    const first = lake.run(register, keyed("k1"));
    lake.run({ type: "DeprecateDataset", dataset: datasetName.parse("sales") });
    expect(lake.run(register, keyed("k1")).body).toEqual(first.body);
  });

  it("counts once what would count every time", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    for (let n = 0; n < 3; n += 1) lake.run(audit, keyed("k1"));
    lake.run(audit, keyed("k2"));
    lake.run(audit);
    expect(lake.log.countOf("AccessAudited")).toBe(3);
  });

  it("is remembered although it changed nothing", () => {
    const lake = testLake({ level: "standard" });
    const raise: LakeRequest = { type: "ChangeComplianceLevel", compliance_level: "standard" };
    expect(lake.run(raise, keyed("k1")).body.events).toEqual([]);
    expect(lake.run(raise, keyed("k1")).replayed).toBe(true);
  });

  it("is forgotten when it would have brought the same lake into being again", () => {
    const lake = testLake({ level: "standard" });
    expect(lake.refused(createLake("standard"), keyed("k1")).code).toBe("lake-exists");
    expect(lake.log.answered()).toEqual([]);
  });
});

describe("what no row of the database has room for", () => {
  const described = (bytes: number): LakeRequest => ({
    ...register,
    description: "x".repeat(bytes),
  });

  it("is refused as an event, and nothing of its command is written", () => {
    const lake = testLake({ level: "standard" });
    const stored = lake.log.dump();
    expect(lake.refused(described(MAX_EVENT_BYTES), keyed("k1"))).toMatchObject({
      reason: "too_large",
      code: "event-too-large",
    });
    expect(lake.log.dump()).toBe(stored);
  });

  it("is left out of the answer that is kept, and what is recorded is said again", () => {
    const lake = testLake({ level: "standard" });
    const large = described(MAX_EVENT_BYTES - 500);
    const first = lake.run(large, keyed("k1"));
    const second = lake.run(large, keyed("k1"));
    expect(second.replayed).toBe(true);
    expect(Object.keys(second.body)).toEqual(["message", "events", "warnings"]);
    expect(second.body.events).toEqual(first.body.events);
  });
});

describe("a key that comes with another body", () => {
  it("is refused and nothing changes", () => {
    const lake = testLake({ level: "standard" });
    lake.run(register, keyed("k1", "one"));
    const stored = lake.log.dump();
    const refused = lake.refused(register, keyed("k1", "two"));
    expect(refused).toMatchObject({ reason: "key_reused", code: "idempotency-key-reused" });
    expect(lake.log.dump()).toBe(stored);
  });

  it("is refused before any work is planned", () => {
    const lake = testLake({ level: "standard" });
    lake.run(register, keyed("k1", "one"));
    const publish = { kind: "publish", batch_id: batchId.parse("nowhere") } as const;
    const refused = refusal(lake.service.open(lake.call(keyed("k1", "two")), publish));
    expect(refused.code).toBe("idempotency-key-reused");
  });
});

describe("work under a key that was answered", () => {
  it("is not planned again: the answer is there", () => {
    const lake = testLake({ level: "standard" });
    const first = lake.run(register, keyed("k1"));
    const stored = lake.log.dump();
    const publish = { kind: "publish", batch_id: batchId.parse("nowhere") } as const;
    expect(lake.open(publish, keyed("k1"))).toEqual({
      plan: { kind: "nothing" },
      attempt: null,
      dataset_key: null,
      digest_key: expect.any(Uint8Array),
      answered: { ...first, replayed: true },
    });
    expect(lake.log.dump()).toBe(stored);
  });
});

describe("what is kept of a key and of an answer", () => {
  it("holds neither the key itself nor what only the uploaded file says", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    defineContract(lake);
    const append: LakeRequest = appendData({
      taken: { object: RAW, misfit: MISFIT, unexpected_columns: ["jane.doe"], suspicions: [] },
    });
    const first = lake.run(append, keyed("key-of-jane-smith"));
    expect(String(first.body.message)).toContain("jane.doe");
    expect(lake.log.dump()).not.toMatch(/jane/);
    const again = lake.run(append, keyed("key-of-jane-smith"));
    expect(again).toMatchObject({ outcome: "unfit", replayed: true });
  });
});

describe("a refused command", () => {
  it("stores nothing, so that the same key may succeed later", () => {
    const lake = testLake({ level: "standard" });
    const stored = lake.log.dump();
    expect(lake.refused(audit, keyed("k1")).code).toBe("dataset-not-found");
    expect(lake.log.dump()).toBe(stored);
    registerSales(lake);
    expect(lake.run(audit, keyed("k1")).replayed).toBe(false);
  });
});

describe("a command that breaks while it is committed", () => {
  it("leaves no event, no duty, no key and no answer", () => {
    const lake = testLake({
      level: "gdpr",
      seenAs: (log) => ({
        ...log,
        answers: {
          ...log.answers,
          put: () => {
            throw new Error("disk full");
          },
        },
      }),
    });
    const stored = lake.log.dump();
    const request: LakeRequest = {
      type: "RequestDeletion",
      subject_id: "jane",
      reason: "please",
      requested_by: "petra",
      identity_verified: null,
      received_at: null,
    };
    expect(() => lake.run(request, keyed("k1"))).toThrow("disk full");
    expect(lake.log.dump()).toBe(stored);
  });

  it("is not haunted by the key it had made when the next command commits", () => {
    let broken = true;
    const lake = testLake({
      level: "gdpr",
      seenAs: (log) => ({
        ...log,
        append: (changes, meta) => {
          const events = log.append(changes, meta);
          if (broken && changes[0]?.stream.startsWith("deletion/")) throw new Error("disk full");
          return events;
        },
      }),
    });
    const request: LakeRequest = {
      type: "RequestDeletion",
      subject_id: "jane",
      reason: "please",
      requested_by: "petra",
      identity_verified: null,
      received_at: null,
    };
    expect(() => lake.run(request)).toThrow("disk full");
    broken = false;
    registerSales(lake);
    expect(lake.log.keyIds()).toEqual(["lake"]);
  });
});

describe("the log in memory", () => {
  it("rolls back everything a failed transaction wrote", () => {
    const { log } = testLake({ level: "standard" });
    const stored = log.dump();
    expect(() =>
      log.transaction(() => {
        log.schedule.put({ kind: "delete_objects", ref: "x", due_at: "", payload: {} });
        log.keys.put("subject/x", "wrapped");
        log.answers.put("k", { fingerprint: "f", answer: "{}" }, "");
        throw new Error("broken");
      }),
    ).toThrow("broken");
    expect(log.dump()).toBe(stored);
  });
});
