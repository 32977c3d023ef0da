/**
 * What a lake keeps outside of its own database: halves of people's keys, erasures, rights that were
 * taken, and signed heads of its log. By the last three it finds out that the database was restored
 * to an earlier moment.
 */

import { ok, type Result } from "../domain/decider.ts";
import { isNoted } from "../domain/lake/decide.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { reader } from "./commands.ts";
import { type Custody, custody } from "./custody.ts";
import type { SmallObjects } from "./dataPorts.ts";
import { type ErasureRecords, erasureRecords } from "./erasureRecords.ts";
import type { Call } from "./lakeGateway.ts";
import type { LakeService } from "./lakeService.ts";
import { say } from "./logging.ts";
import type { LogTree } from "./logProofs.ts";
import { logSigner } from "./logSigner.ts";
import { lostCheckpoint } from "./lostCheckpoint.ts";
import type { EventLog } from "./ports.ts";
import type { Reply } from "./questions.ts";
import { isBehind, REAPPLY_DUTY, type ReapplySummary, reapplyErasures } from "./reapplyErasures.ts";
import { type RevocationRecords, revocationRecords } from "./revocationRecords.ts";
import { systemCall } from "./systemCall.ts";

/** What was done about a restore. */
export interface Reapplication extends Omit<ReapplySummary, "refused"> {
  /** What was revoked again: `member/…`, `token/…`, `webhook/…`. */
  readonly revoked_again: readonly string[];
  /** Erasures, and names of objects, in whose place lies no record of this lake's. */
  readonly refused: readonly string[];
}

export interface LakeCustody {
  readonly custody: Custody;
  readonly records: ErasureRecords;
  readonly revocations: RevocationRecords;
  /**
   * See `reapplyErasures` and `RevocationRecords`; a restore that is found out is put on record too.
   * Rejects the call with `unavailable` when the object store fails.
   */
  reapply(call: Call): Promise<Result<Reply, Rejection>>;
  /** As a duty: throws what fails, so that it is tried again. */
  reapplyNow(lake_id: string): Promise<Reapplication>;
  /**
   * Whenever the lake comes into memory: was it restored, since somebody was erased, a right was
   * taken or a head of its log was kept? Then, or when that cannot be found out, the duty to do so
   * again and to say so is owed at once. So is wrapping the lake's key anew, while the root secret rotates.
   * True when anything is owed.
   */
  atStart(lake_id: string): Promise<boolean>;
}

/** How long the log was when all that is kept outside was known to this database; null: never looked. */
export interface LookedBack {
  upTo(): number | null;
  note(seq: number): void;
}

export interface KeepingDeps {
  readonly log: EventLog;
  readonly service: LakeService;
  readonly objects: SmallObjects;
  readonly tree: Pick<LogTree, "size" | "root">;
  readonly looked: LookedBack;
  readonly now: () => Date;
}

export const lakeCustody = ({
  log,
  service,
  objects,
  tree,
  looked,
  now,
}: KeepingDeps): LakeCustody => {
  const failed = (error: unknown) =>
    say("error", "halves of keys or records of erasures cannot be kept or had", { error });
  const halves = custody({
    objects,
    forget: (lake_id, subjects) => service.forgetKeys(lake_id, subjects),
    failed,
  });
  const signer = async (lake_id: string) => {
    const seed = service.logSeed(systemCall(lake_id));
    if (!seed.ok) throw new Error(seed.error.detail);
    return logSigner(lake_id, seed.value);
  };
  const records = erasureRecords({ log, objects, custody: halves, signer });
  const about = { log, service, records, custody: halves };
  const revocations = revocationRecords({ log, service, objects, signer });

  /** A restore that the log does not tell of, or null. */
  const unnoted = async (lake_id: string) => {
    const after = looked.upTo() ?? 0;
    const lost = await lostCheckpoint(objects, lake_id, () => signer(lake_id), tree, after);
    const lake = reader(log).lake();
    return lost === null || (lake.status === "active" && isNoted(lake, lost)) ? null : lost;
  };

  /**
   * Whether anything outside is unknown to the log. Names there sort by the length the log had, and
   * what a restore has lost was longer than the log that was looked back from: so what is new is all
   * there is to look at, however much lies before it.
   */
  const isBehindAny = async (lake_id: string): Promise<boolean> => {
    const seq = looked.upTo();
    const since = await revocations.since(lake_id, seq ?? 0);
    // Erasures from before they were noted: once, all of them.
    const erasures = seq === null ? undefined : since.erasures;
    return (
      since.behind ||
      (await isBehind(about, lake_id, erasures)) ||
      (await unnoted(lake_id)) !== null
    );
  };

  const lookBack = async (lake_id: string): Promise<Reapplication> => {
    const seq = log.head();
    // First: what was lost is on record in front of what is done about it.
    const lost = await unnoted(lake_id);
    if (lost !== null) {
      const noted = service.command(systemCall(lake_id), { type: "NoteRestore", lost });
      if (!noted.ok) throw new Error(noted.error.detail);
    }
    // Then who may get in: an erasure takes its time.
    const { revoked_again, refused } = await revocations.reapply(lake_id);
    const erasures = await reapplyErasures(about, lake_id);
    const summary = { ...erasures, revoked_again, refused: [...refused, ...erasures.refused] };
    if (summary.refused.length === 0) looked.note(seq);
    return summary;
  };

  return {
    custody: halves,
    records,
    revocations,

    async reapply(call) {
      const lake = service.ask(call, { kind: "lake", when: null });
      if (!lake.ok) return lake;
      try {
        return ok({ kind: "reapplied", summary: await lookBack(call.lake_id) });
      } catch (error) {
        failed(error);
        return unfinished();
      }
    },

    async reapplyNow(lake_id) {
      const summary = await lookBack(lake_id);
      const { refused } = summary;
      if (refused.length > 0) throw new Error(`no record of this lake's: ${refused.join(", ")}`);
      return summary;
    },

    async atStart(lake_id) {
      const outdated = service.rotation.atStart(lake_id);
      try {
        const seq = log.head();
        if (!(await isBehindAny(lake_id))) {
          looked.note(seq);
          return outdated;
        }
      } catch (error) {
        failed(error);
      }
      log.schedule.put({ ...REAPPLY_DUTY, due_at: now().toISOString(), payload: {} });
      return true;
    },
  };
};

const unfinished = () =>
  reject(
    "unavailable",
    "reapply-unfinished",
    "The object store, which has the records, failed on the way: what was done stays done; ask again.",
  );
