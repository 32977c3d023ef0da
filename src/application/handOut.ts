/**
 * A URL on record before it is handed out. The first to the file of a request for access answers that
 * request: until then it is owed, however long the file has been there.
 */
import { decideAccess, type GenerateSignedUrl } from "../domain/access/decide.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import { handedOut } from "../domain/subjectAccess/decide.ts";
import type { Decision, MakeChange } from "./commands.ts";
import type { Reader } from "./reader.ts";

export const handOut = (
  command: GenerateSignedUrl,
  read: Reader,
  change: MakeChange,
): Result<Decision, Rejection> => {
  const { access_object, signed_at } = command;
  const dataset = command.dataset === null ? null : read.dataset(command.dataset);
  const decided = decideAccess(command, { dataset });
  if (!decided.ok) return decided;
  const audited = change("access", decided.value);
  if (!access_object) return ok([audited]);
  const { subject_access_id } = access_object;
  const answered = handedOut(read.subjectAccess(subject_access_id), signed_at);
  if (answered.length === 0) return ok([audited]);
  return ok([audited, change(`subject-access/${subject_access_id}`, answered)]);
};
