/**
 * The access stream: every read, write or query of data and every signed URL handed out. Its
 * state is only what a decision needs, so it stays small however long the stream grows.
 */
import { assertNever, type Recorded } from "../decider.ts";

export const ACCESS_ACTIONS = ["read", "write", "delete", "query"] as const;
export type AccessAction = (typeof ACCESS_ACTIONS)[number];

export type AccessEvent =
  | {
      readonly type: "AccessAudited";
      readonly data: {
        readonly accessor_id: string;
        /** Null when the thing read belongs to no dataset yet (a landed upload, a request). */
        readonly dataset_id: string | null;
        readonly action: AccessAction;
        readonly purpose: string | null;
        /** What was opened, when it was one thing: a file name, `batch/<id>`, `deletion/<id>`. */
        readonly object: string | null;
      };
    }
  | {
      readonly type: "SignedUrlCreated";
      /** Never the URL itself: it is a credential. */
      readonly data: {
        readonly dataset: string | null;
        readonly filename: string;
        readonly method: "GET" | "PUT";
        /** The URL is valid from then … (RFC 3339, whole seconds as AWS Signature V4 counts). */
        readonly signed_at: string;
        /** … until then. */
        readonly expires_at: string;
      };
    };

export interface AccessState {
  readonly audited: number;
  readonly signed_urls: number;
}

export const initialAccess: AccessState = { audited: 0, signed_urls: 0 };

export const evolveAccess = (state: AccessState, event: Recorded<AccessEvent>): AccessState => {
  switch (event.type) {
    case "AccessAudited":
      return { ...state, audited: state.audited + 1 };
    case "SignedUrlCreated":
      return { ...state, signed_urls: state.signed_urls + 1 };
    default:
      return assertNever(event);
  }
};
