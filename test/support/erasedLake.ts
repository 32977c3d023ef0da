/** A lake on the log in memory that erases people and keeps records of it outside. */
import type { StateOf } from "../../src/application/aggregates.ts";
import { custody } from "../../src/application/custody.ts";
import { erasureFacts } from "../../src/application/erasureFacts.ts";
import { type ErasureRecords, erasureRecords } from "../../src/application/erasureRecords.ts";
import { logSigner } from "../../src/application/logSigner.ts";
import { type ReapplySummary, reapplyErasures } from "../../src/application/reapplyErasures.ts";
import { deletionId } from "../../src/contracts/fields.ts";
import { closingOf } from "../../src/domain/deletion/decideErasure.ts";
import { runningErasure } from "../../src/domain/deletion/deletion.ts";
import type { DeletionId, SubjectRef } from "../../src/domain/ids.ts";
import { eraseOnce, execute } from "./erasureSteps.ts";
import { type MemorySmallObjects, memorySmallObjects } from "./memorySmallObjects.ts";
import { granted, LAKE, type TestLake, testLake } from "./testLake.ts";

export interface ErasedLake extends TestLake {
  readonly objects: MemorySmallObjects;
  readonly records: ErasureRecords;
  /** Of each destruction: whose keys. */
  readonly destroyed: (readonly SubjectRef[])[];
  request(subject_id: string): DeletionId;
  deletion(id: DeletionId): Extract<StateOf<"deletion">, { deletion_id: string }>;
  /** Erases up to where the log is about to say so; resolves to what is left to be done. */
  upToClosing(id: DeletionId): Promise<() => void>;
  erase(id: DeletionId): Promise<void>;
  reapply(): Promise<ReapplySummary>;
}

const SEED = new Uint8Array(32).fill(7);

export const erasedLake = (): ErasedLake => {
  const lake = testLake({ level: "gdpr" });
  const { log, service } = lake;
  const objects = memorySmallObjects();
  const destroyed: (readonly SubjectRef[])[] = [];
  const halves = custody({
    objects,
    forget(lake_id, subjects) {
      service.forgetKeys(lake_id, subjects);
      for (const subject of subjects) lake.halves.destroy(subject);
      destroyed.push(subjects);
    },
    failed: () => {},
  });
  const records = erasureRecords({
    log,
    objects,
    custody: halves,
    signer: (lake_id) => logSigner(lake_id, SEED),
  });

  const deletion: ErasedLake["deletion"] = (id) => {
    const state = log.load(`deletion/${id}`).state as StateOf<"deletion">;
    if (state.status === "absent") throw new Error(`there is no request ${id}`);
    return state;
  };

  const upToClosing: ErasedLake["upToClosing"] = async (id) => {
    for (let steps = 0; steps < 1000; steps += 1) {
      const { phase, round } = runningErasure(deletion(id)) ?? {};
      if (phase === "closing") break;
      // What was rewritten in the first round has nothing left in the next.
      granted(eraseOnce(lake, id, { opened: round === 1 ? "redacted" : "clear", left: 0 }));
    }
    const state = deletion(id);
    const erasure = runningErasure(state);
    if (erasure === null) throw new Error("nothing is under way");
    const facts = erasureFacts(log, state, erasure, lake.now(), []);
    await records.release(LAKE, id, closingOf(erasure, facts));
    const at_version = state.version;
    const now = lake.now();
    return () =>
      lake.run({ type: "CompleteErasure", deletion_id: id, at_version, facts, now } as never);
  };

  return {
    ...lake,
    objects,
    records,
    destroyed,
    deletion,
    upToClosing,
    request(subject_id) {
      const answer = lake.run({
        type: "RequestDeletion",
        subject_id,
        reason: "please",
        requested_by: "petra",
        identity_verified: null,
        received_at: null,
      });
      return deletionId.parse((answer.body.deletion as { deletion_id: string }).deletion_id);
    },
    async erase(id) {
      lake.run(execute(id));
      (await upToClosing(id))();
    },
    reapply: () => reapplyErasures({ log, service, records, custody: halves }, LAKE),
  };
};
