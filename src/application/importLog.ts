/**
 * Bringing a log in from an export: what is asked of a lake and what it answers. The log comes with
 * every byte of its events, so that its tree has the same root; until it is complete and its root
 * is the one expected, the lake does nothing else.
 *
 * What a log does not hold does not come with it. Keys: fields sealed elsewhere stay unreadable
 * here, pseudonyms and the checkpoints' signature are those of this lake's own key. Objects: they
 * are where they are. Duties are derived anew from the events, but for a replay that was under way:
 * its objects may be missing here, so it is parked, and seen, until somebody decides.
 */
import type { Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";

/** The most lines one request brings. */
export const MAX_IMPORT_LINES = 1000;

export type ImportRequest =
  | { readonly kind: "state" }
  /** Leaves in order; those that are here already, byte for byte, are passed over. */
  | { readonly kind: "lines"; readonly lines: readonly string[] }
  /** Opens the lake when its tree has this root (base64). */
  | { readonly kind: "complete"; readonly root: string }
  /** Gives up an import that was not completed: the lake is as if it had never begun. */
  | { readonly kind: "abandon" };

export interface ImportState {
  /** `open`: a lake like any other, whether it was imported or not. */
  readonly status: "absent" | "importing" | "open";
  readonly tree_size: number;
  /** Base64. */
  readonly root: string;
}

export interface LogImport {
  /** Whether an import was begun and not completed. */
  readonly unfinished: boolean;
  /**
   * Rejects lines that do not continue the log (`invalid`), lines for a lake that has a log of its
   * own and a root that is another (`wrong_state`); nothing of the request is kept then.
   */
  answer(lake_id: string, request: ImportStep): Result<ImportState, Rejection>;
}

/** What a log answers itself; giving up is the matter of what the log is stored in. */
export type ImportStep = Exclude<ImportRequest, { kind: "abandon" }>;

/** Nothing is given up but what was never opened: a log that is open stays. */
export const nothingToAbandon = () =>
  reject(
    "wrong_state",
    "nothing-to-abandon",
    "No import is under way here: there is nothing to give up.",
  );

/** What a lake answers to everything else until its log is complete. */
export const importUnfinished = () =>
  reject(
    "wrong_state",
    "import-unfinished",
    "This lake's log is still being imported: POST /log/import?complete=true opens it.",
  );
