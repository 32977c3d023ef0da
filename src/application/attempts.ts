/** How long work may take that nobody has heard of since it began. */

/** Work that has not reported by then is taken for dead, and what it wrote is swept. */
export const ATTEMPT_TIMEOUT_MS = 60 * 60_000;
