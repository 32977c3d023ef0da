/**
 * One call of a webhook: bounded in time, redirects not followed, the answer's body not read. What
 * goes wrong is told in words of Lethe's own, as an answer may hold anything.
 */

export const CALL_TIMEOUT_MS = 10_000;

export interface Called {
  readonly delivered: boolean;
  /** The HTTP status, or null when there was no answer. */
  readonly status: number | null;
  readonly error: string | null;
  /** How long the receiver asks to be left alone. */
  readonly retry_after_ms: number | null;
  /** Asked not to be called again (410 Gone). */
  readonly gone: boolean;
}

const MAX_RETRY_AFTER_S = 24 * 60 * 60;

/** Whole seconds only; the other form, a date, is left to the receiver's next answer. */
const retryAfter = (header: string | null): number | null => {
  if (header === null || !/^\d{1,9}$/.test(header)) return null;
  return Math.min(Number(header), MAX_RETRY_AFTER_S) * 1000;
};

/** Posts JSON. Never throws. */
export const callWebhook = async (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): Promise<Called> => {
  const failed = { delivered: false, retry_after_ms: null, gone: false };
  // Not AbortSignal.timeout: its timer would keep the object in memory after the answer is there.
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), CALL_TIMEOUT_MS);
  try {
    // As it was read when it was found harmless: no other parser is to find another host in it.
    const response = await fetch(new URL(url).href, {
      method: "POST",
      headers: { "Content-Type": "application/json", "User-Agent": "Lethe", ...headers },
      body,
      redirect: "manual",
      signal: patience.signal,
    });
    const { status } = response;
    await response.body?.cancel();
    if (response.ok) return { ...failed, delivered: true, status, error: null };
    return {
      ...failed,
      status,
      error: `answered ${status}`,
      retry_after_ms: retryAfter(response.headers.get("Retry-After")),
      gone: status === 410,
    };
  } catch {
    const late = `no answer within ${CALL_TIMEOUT_MS / 1000} s`;
    const error = patience.signal.aborted ? late : "could not be reached";
    return { ...failed, status: null, error };
  } finally {
    clearTimeout(timer);
  }
};
