/**
 * Whether Lethe can do its work: each thing it stands on is tried, with a time limit of its own. The
 * outcome is kept for a moment, and while it is being found out again the one before is given: asking
 * often is no lever against what is asked.
 */
import { logError } from "./logging.ts";

/** A check that takes longer has failed. */
export const CHECK_TIMEOUT_MS = 2_000;
/** An outcome counts for so long. */
export const READY_KEPT_MS = 1_000;

export interface ReadyCheck {
  /** Such as `reports` or `objects eu`. */
  readonly name: string;
  /** Resolves to why it is not well, without any secret, or null; what it rejects with is why, too. */
  run(): Promise<string | null>;
  /** Left out: CHECK_TIMEOUT_MS. */
  readonly timeout_ms?: number;
  /** What it finds is told and makes nothing unready. */
  readonly advisory?: boolean;
}

export interface CheckOutcome {
  readonly name: string;
  readonly ok: boolean;
  readonly ms: number;
  /** Why not, or, of an advisory check, what it found; null when it is well. */
  readonly detail: string | null;
}

export interface Readiness {
  readonly ready: boolean;
  /** RFC 3339, UTC. */
  readonly checked_at: string;
  readonly checks: readonly CheckOutcome[];
}

export interface ReadinessDeps {
  readonly checks: readonly ReadyCheck[];
  readonly now: () => Date;
  wait(milliseconds: number): Promise<void>;
}

export const readiness = ({ checks, now, wait }: ReadinessDeps): (() => Promise<Readiness>) => {
  let last: { readonly at_ms: number; readonly outcome: Readiness } | null = null;
  /** When the one that finds it out began; a request that is cut short never ends. */
  let asking_ms = Number.NEGATIVE_INFINITY;

  const longest_ms = Math.max(...checks.map(patienceOf));

  const outcomeOf = async (check: ReadyCheck): Promise<CheckOutcome> => {
    const started = now().getTime();
    const patience_ms = patienceOf(check);
    const late = wait(patience_ms).then(() => `no answer within ${patience_ms} ms`);
    const detail = await Promise.race([check.run(), late]).catch(whyNot);
    const ok = detail === null || check.advisory === true;
    return { name: check.name, ok, ms: now().getTime() - started, detail };
  };

  return async () => {
    const at = now().getTime();
    const fresh = last !== null && at - last.at_ms < READY_KEPT_MS;
    const asked = at - asking_ms < longest_ms;
    if (last !== null && (fresh || asked)) return last.outcome;
    asking_ms = at;
    const outcomes = await Promise.all(checks.map(outcomeOf));
    const checked = now();
    const outcome = {
      ready: outcomes.every(({ ok }) => ok),
      checked_at: checked.toISOString(),
      checks: outcomes,
    };
    last = { at_ms: checked.getTime(), outcome };
    asking_ms = Number.NEGATIVE_INFINITY;
    return outcome;
  };
};

const patienceOf = ({ timeout_ms = CHECK_TIMEOUT_MS }: ReadyCheck): number => timeout_ms;

const whyNot = (error: unknown): string => {
  const { name, message } = logError(error);
  return `${name}: ${message}`;
};
