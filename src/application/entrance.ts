/**
 * The door of a lake: whatever is asked passes here first, in the turn in which it is answered. The
 * lake has to be there, its keys have to open, and whoever asks has to be admitted (admission.ts).
 * What a caller may not see is not there for him, in the same words.
 */
import type { Result } from "../domain/decider.ts";
import type { LakeId } from "../domain/ids.ts";
import { SYSTEM_ACTOR } from "../domain/member/subject.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Operation } from "./accessTable.ts";
import { type Admitted, admit, admitCreator, isAdministrator, notHere } from "./admission.ts";
import type { Caller } from "./callers.ts";
import type { Command } from "./commands.ts";
import { importUnfinished } from "./importLog.ts";
import type { Call } from "./lakeGateway.ts";
import type { LakeKeys } from "./lakeKeys.ts";
import { dayOf } from "./months.ts";
import type { EventLog } from "./ports.ts";
import type { LakeQuestion } from "./questions.ts";
import { reader } from "./reader.ts";
import { type HeldIn, misplaced } from "./residence.ts";
import { badSignature } from "./sealedUrls.ts";

export interface EntranceDeps {
  readonly log: EventLog;
  readonly keys: Pick<LakeKeys, "of" | "locked">;
  readonly clock: () => Date;
  readonly held_in: HeldIn;
  /** Records a command of the door's own. */
  readonly record: (call: Call, command: Command) => void;
}

export interface Entrance {
  /** `operation`: what is asked for, when that is more than the route alone says. */
  enter(call: Call, operation?: Operation): Result<Admitted, Rejection>;
  /** For whoever makes the lake. */
  enterAsCreator(call: Call): Result<Admitted, Rejection>;
  /** Whether what was admitted once still would be. */
  admits(call: Call): boolean;
  /** The answer; that a token has got one is on record, once a day. A refusal leaves no trace. */
  noteUse<Value>(call: Call, answer: Result<Value, Rejection>): Result<Value, Rejection>;
}

/** Whether a lake that nobody made may come into being because of this call. */
export const makesDefault = ({ is_default, caller }: Call): boolean =>
  is_default && isAdministrator(caller);

/** What a lake answers that nobody made, or whose log is still coming from elsewhere. */
export const closed = (
  caller: Caller,
  importing: boolean,
  question?: LakeQuestion,
): Result<never, Rejection> => {
  if (importing && isAdministrator(caller)) return importUnfinished();
  return question?.kind === "sealed_object" ? badSignature() : notHere(caller);
};

const DEFAULT_LAKE_NAME = "Default lake";

export const entrance = ({ log, keys, clock, held_in, record }: EntranceDeps): Entrance => {
  const now = () => clock().toISOString();
  const about = ({ lake_id }: Call) => ({
    read: reader(log),
    keyring: () => keys.of(lake_id),
    now: now(),
  });
  const isAbsent = () => reader(log).lake().status === "absent";

  /** The default lake comes into being on first use, by somebody who may make it. */
  const ensureDefault = (call: Call): void => {
    if (!makesDefault(call) || !isAbsent()) return;
    record(
      { ...call, actor: SYSTEM_ACTOR },
      {
        type: "CreateDataLake",
        lake_id: call.lake_id as LakeId,
        name: DEFAULT_LAKE_NAME,
        owner_id: call.actor,
        region: "local",
        compliance_level: "standard",
        country: null,
        time_zone: null,
        grants_owner: call.caller.kind === "person",
      },
    );
  };

  return {
    enter(call, operation) {
      const locked = keys.locked(call.lake_id);
      if (locked === null) ensureDefault(call);
      else if (call.caller.kind !== "person") return locked;
      const lake = reader(log).lake();
      if (lake.status === "absent") return locked ?? notHere(call.caller);
      const admitted = admit(call.caller, about(call), operation);
      if (!admitted.ok) return admitted;
      return locked ?? misplaced(lake, held_in) ?? admitted;
    },

    enterAsCreator: (call) => keys.locked(call.lake_id) ?? admitCreator(call.caller),

    noteUse(call, answer) {
      if (!answer.ok || call.caller.kind !== "token") return answer;
      const { token_id } = call.caller;
      const on = dayOf(now());
      const token = reader(log).token(token_id);
      const noted = token.status === "absent" || token.last_used_on === on;
      if (!noted) record(call, { type: "NoteTokenUse", token_id, on });
      return answer;
    },

    admits(call) {
      const { caller } = call;
      const over = caller.kind === "person" && caller.until <= clock().getTime();
      return !over && admit(caller, about(call)).ok;
    },
  };
};
