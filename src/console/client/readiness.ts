/** Whether Lethe can do its work, check by check. What is not ready is an answer too, and no refusal. */
import type { Answer, Api } from "./api/http.ts";
import { noAnswer, problemOf } from "./api/problem.ts";

export interface Readiness {
  readonly status: string;
  readonly checked_at: string;
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly ms: number;
    readonly detail: string | null;
  }[];
}

const isReadiness = (body: unknown): body is Readiness =>
  typeof body === "object" && body !== null && "checks" in body && Array.isArray(body.checks);

/** 503 with checks says what does not work; any other is a refusal. */
export const askReadiness = async (
  api: Pick<Api, "open">,
  signal: AbortSignal,
): Promise<Answer<Readiness>> => {
  try {
    const response = await api.open("/admin/ready", signal);
    const body: unknown = await response.json().catch(() => null);
    if ((response.ok || response.status === 503) && isReadiness(body)) {
      return { ok: true, status: response.status, body, etag: null, location: null };
    }
    const retry = response.headers.get("Retry-After");
    return { ok: false, problem: problemOf(response.status, body, retry) };
  } catch (error) {
    if (signal.aborted) throw error;
    return { ok: false, problem: noAnswer() };
  }
};

export interface Parked {
  readonly lake_id: string;
  readonly duties: readonly {
    readonly kind: string;
    readonly due_at: string;
    readonly attempts: number;
    readonly last_error: string | null;
  }[];
  readonly deliveries: readonly {
    readonly webhook_id: string;
    readonly delivery_id: string;
    readonly last_error: string | null;
  }[];
}

/** The two kinds of what a lake has given up or tries in vain, as rows of one table. */
export const parkedRows = ({ duties, deliveries }: Parked) => [
  ...duties.map(({ kind, due_at, attempts, last_error }, at) => ({
    key: `duty ${at}`,
    what: kind,
    due_at,
    attempts,
    last_error,
    webhook_id: null,
  })),
  ...deliveries.map(({ webhook_id, delivery_id, last_error }) => ({
    key: `${webhook_id} ${delivery_id}`,
    what: "webhook_delivery",
    due_at: null,
    attempts: null,
    last_error,
    webhook_id,
  })),
];
