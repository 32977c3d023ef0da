/** Work that nobody has heard of since it began: how long it may take, and what is noted of it. */

/** Work that has not reported by then is taken for dead, and what it wrote is swept. */
export const ATTEMPT_TIMEOUT_MS = 60 * 60_000;

/** What the sweep of an attempt says of it besides its keys. */
export interface AttemptNote {
  /** Whether it takes an upload over, into a dataset that names its people. */
  readonly takes: boolean;
  /** The last event of the log when it was opened; null in duties that did not say. */
  readonly after: number | null;
  /** How many erasures it knows of, when it may be recorded only as long as no other has begun. */
  readonly erasures: number | null;
}

export const noteOf = (payload: Readonly<Record<string, unknown>>): AttemptNote => {
  const { takes, after, erasures } = payload;
  return {
    takes: takes === true || isOld(payload),
    after: typeof after === "number" ? after : null,
    erasures: typeof erasures === "number" ? erasures : null,
  };
};

/** From before more was noted of an append than that it looks for people. */
export const isOld = ({ watches }: Readonly<Record<string, unknown>>): boolean => watches === true;
