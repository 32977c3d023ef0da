/**
 * Where a lake is held, by what the platform says of its object now, against what is on record. A
 * lake whose object is not where it is to be does nothing: its data would be where it must not.
 */
import { ok, type Result } from "../domain/decider.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { Jurisdiction, Residency } from "../domain/residency.ts";
import type { Question, Reply } from "./questions.ts";

/** Null: in no jurisdiction. Undefined: the platform here has none, as the local simulator. */
export type HeldIn = Jurisdiction | null | undefined;

/** Null when the lake is where it is to be, or nobody can tell. */
export const misplaced = (
  { residency }: ActiveLake,
  held_in: HeldIn,
): Result<never, Rejection> | null => {
  if (held_in === undefined || residency.jurisdiction === held_in) return null;
  return reject(
    "unavailable",
    "lake-misplaced",
    `This lake is to lie in ${residency.jurisdiction ?? "no jurisdiction"}, and its object is in ` +
      `${held_in ?? "none"}: it does nothing here.`,
  );
};

/** Of a log that came from elsewhere, what was enforced there may not be here. */
export const residencyNow = (
  question: Question,
  answered: Result<Reply, Rejection>,
  held_in: HeldIn,
): Result<Reply, Rejection> => {
  if (question.kind !== "lake" || question.when !== null || !answered.ok) return answered;
  const reply = answered.value;
  if (reply.kind !== "one") return answered;
  const { jurisdiction } = reply.view.residency as Residency;
  const enforced = jurisdiction !== null && jurisdiction === held_in;
  return ok({ ...reply, view: { ...reply.view, residency: { jurisdiction, enforced } } });
};
