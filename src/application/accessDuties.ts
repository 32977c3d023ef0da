/** What a lake owes a person who asked what it holds: the answer, in time, and then its end. */
import type { SubjectAccessId } from "../domain/ids.ts";
import type { NoteAccess } from "../domain/subjectAccess/decide.ts";
import type { LakeService } from "./lakeService.ts";
import type { EventLog, PendingDuty } from "./ports.ts";
import { beginStep, type DutyDeps, MAX_ATTEMPTS } from "./runDuties.ts";
import { later } from "./timers.ts";
import type { AccessProgress } from "./work/accessWork.ts";

/** How soon an answer that waits for something looks again. */
const ACCESS_POLL_MS = 1_000;

export interface AccessDutyDeps {
  readonly log: EventLog;
  readonly service: Pick<LakeService, "fulfil">;
  readonly lake_id: string;
  readonly now: () => Date;
  /** `often`: it has failed so often that what is not there counts as lost. */
  accessStep(id: SubjectAccessId, often: boolean): Promise<AccessProgress>;
}

type AccessKind = "access_step" | "access_due" | "access_reminder" | "access_expiry";

export const accessDuties = ({
  log,
  service,
  lake_id,
  now,
  accessStep,
}: AccessDutyDeps): Pick<DutyDeps["handlers"], AccessKind> => {
  /** Recorded in the transaction that takes the duty off. */
  const noting = (type: NoteAccess["type"]) => async (duty: PendingDuty) => {
    const subject_access_id = duty.ref as SubjectAccessId;
    const command = { type, subject_access_id, now: now().toISOString() } as const;
    const noted = service.fulfil(lake_id, command, duty);
    if (!noted.ok) throw new Error(noted.error.detail);
  };
  return {
    access_step: async (duty) => {
      beginStep(log.schedule, duty, now());
      const often = duty.attempts >= MAX_ATTEMPTS;
      const next = await accessStep(duty.ref as SubjectAccessId, often);
      if (next === "done") log.schedule.remove(duty);
      // One object a step: between two of them other duties have their turn.
      else if (log.schedule.find(duty)) {
        const wait_ms = next === "wait" ? ACCESS_POLL_MS : 0;
        log.schedule.put({ ...duty, due_at: later(now().toISOString(), wait_ms) });
      }
    },
    access_due: noting("NoteAccessDue"),
    access_reminder: noting("NoteAccessApproaching"),
    access_expiry: noting("ExpireSubjectAccess"),
  };
};
