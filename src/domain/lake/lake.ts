/** The lake itself: who owns it, where it lies, how strictly it is run. */
import { assertNever, type Recorded } from "../decider.ts";
import type { LakeId } from "../ids.ts";
import type { Residency } from "../residency.ts";

/** From the least to the most strict; a lake only ever moves to the right. */
export const COMPLIANCE_LEVELS = ["standard", "gdpr", "strict"] as const;
export type ComplianceLevel = (typeof COMPLIANCE_LEVELS)[number];

export type LakeEvent =
  | {
      readonly type: "DataLakeCreated";
      readonly data: {
        readonly lake_id: LakeId;
        readonly name: string;
        readonly owner_id: string;
        readonly region: string;
        readonly compliance_level: ComplianceLevel;
        /** ISO 3166-1 alpha-2 of the controller, or null. */
        readonly country: string | null;
        /** IANA name, or null. */
        readonly time_zone: string | null;
        readonly residency: Residency;
      };
    }
  | {
      readonly type: "ComplianceLevelChanged";
      readonly data: { readonly from: ComplianceLevel; readonly to: ComplianceLevel };
    }
  /** Of the controller, from now on; what is left out is as it was. */
  | { readonly type: "LakeLocalityChanged"; readonly data: Locality }
  /**
   * The log was restored to an earlier moment: what it held behind that is lost. It is known by a
   * checkpoint that is kept outside, and that the log no longer agrees with.
   */
  | { readonly type: "LakeRestored"; readonly data: Omit<Restored, "noted_at"> }
  /** The lake's own key is wrapped under the present root secret; every key is what it was. */
  | { readonly type: "LakeKeyRewrapped"; readonly data: Readonly<Record<never, never>> };

export interface Locality {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** IANA name. */
  readonly time_zone?: string;
}

export interface Restored {
  /** Number of events the log had when the checkpoint was signed. */
  readonly lost_size: number;
  /** Root of the log's Merkle tree then, base64. */
  readonly lost_root: string;
  readonly noted_at: string;
}

export interface ActiveLake {
  readonly status: "active";
  readonly lake_id: LakeId;
  readonly name: string;
  readonly owner_id: string;
  readonly region: string;
  readonly compliance_level: ComplianceLevel;
  readonly country: string | null;
  readonly time_zone: string | null;
  readonly residency: Residency;
  readonly created_at: string;
  /** The last restore that is known of, or null. */
  readonly restored: Restored | null;
}

export type LakeState = { readonly status: "absent" } | ActiveLake;

export const initialLake: LakeState = { status: "absent" };

export const evolveLake = (state: LakeState, event: Recorded<LakeEvent>): LakeState => {
  switch (event.type) {
    case "DataLakeCreated":
      return { status: "active", ...event.data, created_at: event.recorded_at, restored: null };
    case "ComplianceLevelChanged":
      return state.status === "active" ? { ...state, compliance_level: event.data.to } : state;
    case "LakeLocalityChanged":
      return state.status === "active" ? { ...state, ...event.data } : state;
    case "LakeRestored": {
      if (state.status !== "active") return state;
      return { ...state, restored: { ...event.data, noted_at: event.recorded_at } };
    }
    case "LakeKeyRewrapped":
      return state;
    default:
      return assertNever(event);
  }
};
