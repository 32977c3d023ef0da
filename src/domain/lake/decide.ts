/** What may be done to a lake: bring it into being once, and raise its compliance level. */
import { assertNever, ok, type Result } from "../decider.ts";
import type { ContractId, LakeId } from "../ids.ts";
import { isReserved, subjectFault } from "../member/subject.ts";
import { type Rejection, reject } from "../rejection.ts";
import { type Jurisdiction, placementOf, REGION_HELP } from "../residency.ts";
import {
  type ActiveLake,
  COMPLIANCE_LEVELS,
  type ComplianceLevel,
  type LakeEvent,
  type LakeState,
  type Locality,
  type Restored,
} from "./lake.ts";

export interface CreateDataLake {
  readonly type: "CreateDataLake";
  readonly lake_id: LakeId;
  readonly name: string;
  readonly owner_id: string;
  readonly region: string;
  readonly compliance_level: ComplianceLevel;
  readonly country: string | null;
  readonly time_zone: string | null;
  /** Whether `owner_id` is a caller, who becomes an owner with the creation. Not recorded. */
  readonly grants_owner?: boolean;
  /**
   * The jurisdiction that the platform holds the lake in, null when in none, by the lake itself.
   * Left out where the platform has no jurisdictions: nothing is enforced then.
   */
  readonly held_in?: Jurisdiction | null;
}

export interface ChangeComplianceLevel {
  readonly type: "ChangeComplianceLevel";
  readonly compliance_level: ComplianceLevel;
  /** Contracts whose makers have approved them themselves: that counts no more. Not recorded here. */
  readonly self_approved?: readonly ContractId[];
}

/** Null: as it was. */
export interface ChangeLakeLocality {
  readonly type: "ChangeLakeLocality";
  readonly country: string | null;
  readonly time_zone: string | null;
}

/** From the lake itself, never from a person. */
export interface NoteRestore {
  readonly type: "NoteRestore";
  readonly lost: Omit<Restored, "noted_at">;
}

/** From the lake itself, with the key's new wrapping. */
export interface NoteKeyRewrapped {
  readonly type: "NoteKeyRewrapped";
}

export type LakeCommand =
  | CreateDataLake
  | ChangeComplianceLevel
  | ChangeLakeLocality
  | NoteRestore
  | NoteKeyRewrapped;

export const lakeNotFound = () => reject("not_found", "lake-not-found", "There is no such lake.");

const noPlace = (region: string) =>
  reject("invalid", "region-unknown", `${region} is the name of no region that Lethe knows.`, [
    { path: "region", message: REGION_HELP },
  ]);

/**
 * A lake that came into being where its region is not would be a promise broken. Its object is asked
 * there because the id's place is kept: it was asked for once, and no lake came of it.
 */
const keptElsewhere = (jurisdiction: Jurisdiction | null, held_in: Jurisdiction | null) =>
  reject(
    "wrong_state",
    "lake-id-kept",
    `This id was first asked for in ${held_in ?? "no jurisdiction"}, and its place does not change: ` +
      `take another id for a lake in ${jurisdiction ?? "no jurisdiction"}, or make this one there.`,
  );

/** Whoever is to own a lake must be somebody who can come: a name that an issuer gives. */
export const ownerFault = ({
  owner_id,
}: Pick<CreateDataLake, "owner_id">): Result<never, Rejection> | null => {
  const fault = isReserved(owner_id) ? "is Lethe's own name" : subjectFault(owner_id);
  if (fault === null) return null;
  return reject("invalid", "owner-unnameable", `Nobody can come as this owner_id: it ${fault}.`, [
    { path: "owner_id", message: fault },
  ]);
};

/** True when `level` is at least as strict as `floor`. */
export const atLeast = (level: ComplianceLevel, floor: ComplianceLevel): boolean =>
  COMPLIANCE_LEVELS.indexOf(level) >= COMPLIANCE_LEVELS.indexOf(floor);

/** Whether this restore is on record already. */
export const isNoted = ({ restored }: ActiveLake, lost: NoteRestore["lost"]): boolean =>
  restored?.lost_size === lost.lost_size && restored.lost_root === lost.lost_root;

/**
 * Rejects with `already_exists` a second creation, with `not_found` a change to a lake that does
 * not exist, with `wrong_state` a level below the present one.
 */
export const decideLake = (
  command: LakeCommand,
  state: LakeState,
): Result<readonly LakeEvent[], Rejection> => {
  switch (command.type) {
    case "CreateDataLake": {
      if (state.status === "active") {
        return reject("already_exists", "lake-exists", `Lake ${command.lake_id} exists already.`);
      }
      const { type: _, grants_owner, held_in, ...asked } = command;
      const unnameable = grants_owner ? ownerFault(command) : null;
      if (unnameable) return unnameable;
      const placement = placementOf(command.region);
      if (placement === null) return noPlace(command.region);
      const { jurisdiction } = placement;
      if (held_in !== undefined && held_in !== jurisdiction) {
        return keptElsewhere(jurisdiction, held_in);
      }
      const residency = {
        jurisdiction,
        enforced: jurisdiction !== null && held_in === jurisdiction,
      };
      return ok([{ type: "DataLakeCreated", data: { ...asked, residency } }]);
    }
    case "ChangeComplianceLevel": {
      if (state.status === "absent") {
        return lakeNotFound();
      }
      const from = state.compliance_level;
      const to = command.compliance_level;
      if (from === to) return ok([]);
      if (!atLeast(to, from)) {
        return reject(
          "wrong_state",
          "compliance-level-lowered",
          `A lake's compliance level can be raised, never lowered: it is ${from}, asked for ${to}.`,
        );
      }
      return ok([{ type: "ComplianceLevelChanged", data: { from, to } }]);
    }
    case "ChangeLakeLocality": {
      if (state.status === "absent") return lakeNotFound();
      const data = localityChanged(command, state);
      const same = Object.keys(data).length === 0;
      return ok(same ? [] : [{ type: "LakeLocalityChanged", data }]);
    }
    case "NoteRestore": {
      if (state.status === "absent") return lakeNotFound();
      return ok(isNoted(state, command.lost) ? [] : [{ type: "LakeRestored", data: command.lost }]);
    }
    case "NoteKeyRewrapped":
      return state.status === "absent"
        ? lakeNotFound()
        : ok([{ type: "LakeKeyRewrapped", data: {} }]);
    default:
      return assertNever(command);
  }
};

const localityChanged = (
  { country, time_zone }: ChangeLakeLocality,
  before: ActiveLake,
): Locality => ({
  ...(country === null || country === before.country ? {} : { country }),
  ...(time_zone === null || time_zone === before.time_zone ? {} : { time_zone }),
});
