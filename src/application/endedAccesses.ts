/**
 * What was collected about a person for them to have goes when they are forgotten. A request for
 * access is theirs when any pseudonym of it is one of theirs: `007` and `7` are the same person in a
 * column of numbers.
 */
import type { SubjectAccessId } from "../domain/ids.ts";
import { isHeld } from "../domain/subjectAccess/subjectAccess.ts";
import type { SubjectRefs } from "../domain/subjects.ts";
import { reader } from "./commands.ts";
import { directoryEntries } from "./directoryEntries.ts";
import type { EventLog } from "./ports.ts";

/** Requests that have, or are about to have, a file with data of the person. */
export const heldAccesses = (log: EventLog, subject: SubjectRefs): readonly SubjectAccessId[] => {
  const refs = new Set<string>(Object.values(subject));
  const found: SubjectAccessId[] = [];
  for (const status of ["collecting", "ready"] as const) {
    for (const { id } of directoryEntries(log, { kind: "subject-access", status })) {
      const access = reader(log).subjectAccess(id);
      const theirs = isHeld(access) && Object.values(access.subject_refs).some((r) => refs.has(r));
      if (theirs) found.push(access.subject_access_id);
    }
  }
  return found;
};
