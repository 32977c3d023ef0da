/** A call that nobody makes: what a lake owes is asked of it by Lethe itself. */
import { SYSTEM_ACTOR } from "../domain/member/subject.ts";
import { TRUSTED } from "./callers.ts";
import type { Call } from "./lakeGateway.ts";

export const systemCall = (lake_id: string): Call => ({
  lake_id,
  is_default: false,
  caller: TRUSTED,
  actor: SYSTEM_ACTOR,
  correlation_id: crypto.randomUUID(),
  causation_id: null,
  idempotency: null,
  if_match: null,
});
