/**
 * What is no command of a lake, under an `Idempotency-Key` all the same: its first answer is kept in
 * the lake and given again. It is kept behind the deed, so whoever dies between them does it again:
 * for what can be repeated without harm.
 */
import { z } from "zod";
import type { KeptQuestion } from "../application/keptAnswers.ts";
import type { Call } from "../application/lakeGateway.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Handled, HttpAnswer, Services } from "./route.ts";

interface Deps {
  readonly services: Pick<Services, "gateway">;
  readonly call: Call;
}

/** JSON answers alone: of a text or a stream there is nothing to keep. */
const kept = z.object({
  status: z.literal([200, 201]),
  body: z.unknown(),
  headers: z.record(z.string(), z.string()),
});

const ask = async (
  { services, call }: Deps,
  question: KeptQuestion,
): Promise<Result<string | null, Rejection>> => {
  const reply = await services.gateway.ask(call, question);
  if (!reply.ok) return reply;
  if (reply.value.kind !== "kept_answer") throw new Error("a kept answer was asked for");
  return ok(reply.value.answer);
};

export const once = async (deps: Deps, run: () => Handled): Handled => {
  if (deps.call.idempotency === null) return run();
  const before = await ask(deps, { kind: "kept_answer" });
  if (!before.ok) return before;
  if (before.value !== null) return ok(again(before.value));
  const done = await run();
  if (!done.ok) return done;
  const { status, body, headers = {} } = done.value;
  const own = JSON.stringify({ status, body, headers });
  const now = await ask(deps, { kind: "keep_answer", answer: own });
  if (!now.ok) return now;
  // Of two that came at once the first one's is the answer.
  return now.value === null || now.value === own ? done : ok(again(now.value));
};

const again = (text: string): HttpAnswer => {
  const { headers, ...answer } = kept.parse(JSON.parse(text));
  return { ...answer, headers: { ...headers, "Idempotency-Replayed": "true" } };
};
