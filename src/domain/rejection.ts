/**
 * Why a command is refused. A rejection is a value that crosses every boundary as it is; how it
 * looks on the wire is decided in one place, `http/problem.ts`.
 */
import { err } from "./decider.ts";

export const REJECTION_REASONS = [
  /** What the command names does not exist. */
  "not_found",
  /** The id is taken by something else. */
  "already_exists",
  /** The thing exists, but not in a state in which this can be done. */
  "wrong_state",
  /** The caller expected another version (`If-Match`). */
  "stale_version",
  /** The command contradicts itself or what it refers to. */
  "invalid",
  /** The lake's compliance level forbids it. */
  "compliance",
  /** The same idempotency key came with another body. */
  "key_reused",
  /** The file is no table of any known format. */
  "not_a_table",
  /** The file is larger than Lethe takes. */
  "too_large",
  /** Who asks has shown nothing that says who he is, or nothing that holds. */
  "unauthenticated",
  /** What would permit this (a role, a signature) is not there, or not any more. */
  "forbidden",
  /** What is needed for this was destroyed for good. */
  "gone",
  /** Lethe itself is not in a state to do this: a setting is missing or wrong. */
  "unavailable",
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** Where in the body something is wrong, and what. */
export interface Issue {
  readonly path: string;
  readonly message: string;
}

export interface Rejection {
  readonly reason: RejectionReason;
  /** Kebab-case, stable, part of the interface: the last segment of the problem's type. */
  readonly code: string;
  /** A sentence that helps, without personal data. */
  readonly detail: string;
  readonly errors?: readonly Issue[];
  /** Counts that say how far from permitted it is: members of the problem besides the usual. */
  readonly figures?: Readonly<Record<string, number>>;
}

/** Shorthand for a refusal as a `Result`. */
export const reject = (
  reason: RejectionReason,
  code: string,
  detail: string,
  errors?: readonly Issue[],
  figures?: Readonly<Record<string, number>>,
) =>
  err<Rejection>({
    reason,
    code,
    detail,
    ...(errors ? { errors } : {}),
    ...(figures ? { figures } : {}),
  });
