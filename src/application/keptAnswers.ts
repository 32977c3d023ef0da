/**
 * What an `Idempotency-Key` stands for in its lake, and answers of what is no command, kept under it
 * as those of commands are: the same request twice is answered twice the same.
 */
import { err, ok, type Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import { type Idempotency, storedAnswer } from "./handleCommand.ts";
import type { Keyring } from "./keyring.ts";
import type { Call } from "./lakeGateway.ts";
import type { EventLog } from "./ports.ts";

export type KeptQuestion =
  /** The answer that was kept under the call's key. */
  | { readonly kind: "kept_answer" }
  /** Keeps this one, unless there is one by now; the answer is the one that is kept. */
  | { readonly kind: "keep_answer"; readonly answer: string };

export interface KeptReply {
  readonly kind: "kept_answer";
  /** As it was given to be kept; null: there is none. */
  readonly answer: string | null;
}

export const idempotencyOf = (call: Call, keyring: () => Keyring): Idempotency | null => {
  if (call.idempotency === null) return null;
  // A client's key may be anything, a person's name included: only its keyed hash is kept.
  const { fingerprint } = keyring();
  const { key, body } = call.idempotency;
  // Where callers are told apart, each has keys of his own: nobody is given another's answer.
  const named = call.caller.kind === "trusted" ? `key ${key}` : `key of ${call.actor}: ${key}`;
  return { key: fingerprint(named), fingerprint: fingerprint(`body ${body}`) };
};

/** Refused where the key came with another request; without a key nothing is kept. */
export const keptAnswer = (
  log: Pick<EventLog, "answers" | "transaction">,
  question: KeptQuestion,
  idempotency: Idempotency | null,
  now: string,
): Result<KeptReply, Rejection> => {
  const stored = storedAnswer(log, idempotency);
  if (stored !== null && !stored.ok) return err(stored.error);
  if (stored !== null) return ok({ kind: "kept_answer", answer: stored.value });
  if (question.kind === "kept_answer" || idempotency === null) {
    return ok({ kind: "kept_answer", answer: null });
  }
  const { key, fingerprint } = idempotency;
  const { answer } = question;
  log.transaction(() => log.answers.put(key, { fingerprint, answer }, now));
  return ok({ kind: "kept_answer", answer });
};
