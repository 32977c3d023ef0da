import { describe, expect, it } from "vitest";
import { ATTEMPT_TIMEOUT_MS } from "../../src/application/attempts.ts";
import type { Caller } from "../../src/application/callers.ts";
import type { Attempt } from "../../src/application/lakeGateway.ts";
import { batchId } from "../../src/contracts/fields.ts";
import {
  anonymize,
  append,
  consumeRequest,
  defineContract,
  done,
  exportAs,
  publish,
  registerSales,
} from "../support/batchSteps.ts";
import { objectAt, publication, run } from "../support/facts.ts";
import { START, type TestLake, testLake } from "../support/testLake.ts";

const batch_id = batchId.parse("batch1");
const privacy = { kind: "privacy", batch_id, rules: { email: "hash" }, dry_run: false } as const;
const recorded = { type: "RecordPrivacy", batch_id, run: run("clean/1") } as const;

const withBatch = (): TestLake => {
  const lake = testLake({ level: "standard" });
  registerSales(lake);
  defineContract(lake);
  done(append(lake, "batch1"));
  return lake;
};

const sweeps = (lake: TestLake) => lake.log.duties().filter(({ kind }) => kind === "sweep_attempt");

const attemptOf = (attempt: Attempt | null): Attempt => {
  if (attempt === null) throw new Error("work that writes has an attempt");
  return attempt;
};

describe("an attempt at heavy work", () => {
  it("reserves what it may write, to be swept after its time", () => {
    const lake = withBatch();
    const { plan, attempt } = lake.open(privacy);
    expect(sweeps(lake)).toEqual([
      {
        kind: "sweep_attempt",
        ref: attempt?.attempt_id,
        due_at: new Date(Date.parse(START) + ATTEMPT_TIMEOUT_MS).toISOString(),
        payload: {
          keys: [plan.kind === "privacy" ? plan.clean_key : ""],
          takes: false,
          after: lake.log.head(),
          erasures: null,
        },
        attempts: 0,
        begun: 0,
        parked: false,
        last_error: null,
      },
    ]);
  });

  it("writes keys that no other attempt writes", () => {
    const lake = withBatch();
    const keys = [lake.open(privacy), lake.open(privacy)].map(({ plan }) =>
      plan.kind === "privacy" ? plan.clean_key : "",
    );
    expect(new Set(keys).size).toBe(2);
  });

  it("loses its duty in the commit that records its result", () => {
    const lake = withBatch();
    const attempt = attemptOf(lake.open(privacy).attempt);
    lake.run(recorded, {}, { attempt });
    expect(sweeps(lake)).toEqual([]);
  });

  it("of somebody who has lost the role meanwhile comes to nothing, and is swept", () => {
    const lake = withBatch();
    const caller: Caller = {
      kind: "person",
      subject: "ed-5",
      admin: false,
      until: Number.POSITIVE_INFINITY,
      operation: "POST /run-privacy",
    };
    const asking = { caller, actor: "ed-5" };
    lake.run({ type: "GrantMember", subject: "ed-5", roles: ["engineer"] });
    const attempt = attemptOf(lake.open(privacy, asking).attempt);
    lake.run({ type: "GrantMember", subject: "ed-5", roles: ["analyst"] });
    const before = lake.log.events().length;
    expect(lake.refused(recorded, asking, { attempt }).code).toBe("role-missing");
    expect(lake.log.events()).toHaveLength(before);
    expect(sweeps(lake)).toHaveLength(1);
  });

  it("that was swept meanwhile can no longer be recorded", () => {
    const lake = withBatch();
    const attempt = attemptOf(lake.open(privacy).attempt);
    lake.log.schedule.remove({ kind: "sweep_attempt", ref: attempt.attempt_id });
    const stored = lake.log.dump();
    const refused = lake.refused(recorded, {}, { attempt });
    expect(refused).toMatchObject({ reason: "wrong_state", code: "work-expired" });
    expect(lake.log.dump()).toBe(stored);
  });

  it("that was recorded cannot be recorded again", () => {
    const lake = withBatch();
    const attempt = attemptOf(lake.open(privacy).attempt);
    lake.run(recorded, {}, { attempt });
    expect(lake.refused(recorded, {}, { attempt }).code).toBe("changed-meanwhile");
  });

  it("that is abandoned owes no sweep", () => {
    const lake = withBatch();
    const attempt = attemptOf(lake.open(privacy).attempt);
    lake.service.abandon(lake.call(), attempt.attempt_id);
    expect(sweeps(lake)).toEqual([]);
    expect(lake.refused(recorded, {}, { attempt }).code).toBe("work-expired");
  });

  it("whose result changes nothing keeps its duty, because its objects are to be swept", () => {
    const lake = withBatch();
    done(publish(lake, "batch1"));
    const attempt = attemptOf(
      lake.open({ kind: "export", batch_id, format: "csv", consumer: "alice" }).attempt,
    );
    const expects: Attempt["expects"] = [];
    done(exportAs(lake, "batch1", "csv"));
    const late = lake.run(
      { type: "ExportData", batch_id, object: objectAt("late.csv", { format: "csv" }) },
      {},
      { attempt: { ...attempt, expects } },
    );
    expect(late.body.events).toEqual([]);
    expect(sweeps(lake).map(({ ref }) => ref)).toEqual([attempt.attempt_id]);
  });

  it("whose result changes nothing is refused once it was swept", () => {
    const lake = withBatch();
    done(publish(lake, "batch1"));
    const attempt = { attempt_id: "swept", writes: [], expects: [] };
    const refused = lake.refused(
      { type: "PublishData", batch_id, publication: publication("late"), run: null },
      {},
      { attempt },
    );
    expect(refused.code).toBe("work-expired");
  });
});

describe("work that writes nothing", () => {
  it("has no attempt and no duty", () => {
    const lake = withBatch();
    const dry = lake.open({ ...privacy, dry_run: true });
    expect(dry.plan.kind).toBe("privacy");
    expect(dry.attempt).toBeNull();
    const unpublished = lake.open({ kind: "export", batch_id, format: "csv", consumer: "alice" });
    expect(unpublished).toMatchObject({ plan: { kind: "nothing" }, attempt: null });
    done(publish(lake, "batch1"));
    const published = lake.open({ kind: "publish", batch_id });
    expect(published).toMatchObject({ plan: { kind: "nothing" }, attempt: null });
    expect(sweeps(lake)).toEqual([]);
  });
});

describe("work that is refused", () => {
  it("is refused before anything is reserved", () => {
    const lake = withBatch();
    const stored = lake.log.dump();
    const bad = { ...privacy, rules: { email: "vanish" } };
    expect(lake.openRefused(bad).code).toBe("invalid-rules");
    expect(lake.openRefused({ ...privacy, rules: null }).code).toBe("no-privacy-rules");
    const unknown = batchId.parse("nowhere");
    expect(lake.openRefused({ kind: "publish", batch_id: unknown }).code).toBe("batch-not-found");
    expect(lake.log.dump()).toBe(stored);
  });

  it("is refused as the command that records it would be", () => {
    const lake = withBatch();
    done(publish(lake, "batch1"));
    expect(lake.openRefused(privacy).code).toBe("batch-published");
    expect(lake.refused(recorded).code).toBe("batch-published");
    lake.run({ type: "QuarantineBatch", batch_id, reason: "looks wrong" });
    const republish = { kind: "publish", batch_id } as const;
    expect(lake.openRefused(republish).code).toBe("batch-quarantined");
  });
});

describe("objects that a batch no longer refers to", () => {
  const deletions = (lake: TestLake) =>
    lake.log
      .duties()
      .filter(({ kind }) => kind === "delete_objects")
      .map(({ payload, due_at }) => ({ keys: payload.keys, due_at }));

  it("are deleted as a duty, due at once, of the commit that replaced them", () => {
    const lake = withBatch();
    const first = done(anonymize(lake, "batch1", { email: "hash" }));
    expect(first.outcome).toBe("done");
    expect(deletions(lake)).toEqual([]);
    lake.pass(1000);
    done(anonymize(lake, "batch1", { email: "mask" }));
    expect(deletions(lake)).toEqual([
      { keys: [expect.stringMatching(/batch1\/2\/clean\//)], due_at: lake.now() },
    ]);
  });

  it("never include what is still referred to", () => {
    const lake = withBatch();
    done(anonymize(lake, "batch1", { email: "hash" }));
    done(publish(lake, "batch1"));
    done(exportAs(lake, "batch1", "csv"));
    lake.run(consumeRequest("batch1"));
    lake.run({ type: "QuarantineBatch", batch_id, reason: "looks wrong" });
    lake.run({ type: "ReleaseQuarantine", batch_id, reason: "looked again" });
    expect(deletions(lake)).toEqual([]);
  });
});
