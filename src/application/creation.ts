/**
 * Whether somebody may make a lake as he asks for it. A lake's place is kept for its id before there
 * is a lake (places.ts), so this is asked first of all: for what is refused none is kept.
 */
import { err, ok, type Result } from "../domain/decider.ts";
import { ownerFault } from "../domain/lake/decide.ts";
import type { Rejection } from "../domain/rejection.ts";
import { type Admitted, admitCreator } from "./admission.ts";
import type { Caller } from "./callers.ts";
import type { LakeRequest } from "./lakeGateway.ts";
import { impersonation } from "./onBehalf.ts";

type Creation = Extract<LakeRequest, { type: "CreateDataLake" }>;

/**
 * Rejects with `unauthenticated` or `forbidden` whoever may not, with `invalid` an owner that nobody
 * can be.
 */
export const admitCreation = (caller: Caller, request: Creation): Result<Admitted, Rejection> => {
  const admitted = admitCreator(caller);
  if (!admitted.ok) return admitted;
  const posing = impersonation(request, admitted.value);
  if (posing) return err(posing);
  const unnameable = admitted.value.person === null ? null : ownerFault(request);
  return unnameable ?? ok(admitted.value);
};
