/**
 * What was collected about a person for them to have goes when they are forgotten. A request for
 * access is theirs when any pseudonym of it is one of theirs: `007` and `7` are the same person in a
 * column of numbers.
 */
import type { SubjectAccessId } from "../domain/ids.ts";
import { isHeld } from "../domain/subjectAccess/subjectAccess.ts";
import type { SubjectRefs } from "../domain/subjects.ts";
import { reader } from "./commands.ts";
import type { EventLog } from "./ports.ts";

const PAGE = 1_000;

/** Requests that have, or are about to have, a file with data of the person. */
export const heldAccesses = (log: EventLog, subject: SubjectRefs): readonly SubjectAccessId[] => {
  const refs = new Set<string>(Object.values(subject));
  const found: SubjectAccessId[] = [];
  for (const status of ["collecting", "ready"] as const) {
    let after: number | null = 0;
    while (after !== null) {
      const asked = { kind: "subject-access", status, after, limit: PAGE } as const;
      const page = log.directory.list(asked);
      for (const { id } of page) {
        const access = reader(log).subjectAccess(id);
        const theirs =
          isHeld(access) && Object.values(access.subject_refs).some((r) => refs.has(r));
        if (theirs) found.push(access.subject_access_id);
      }
      after = page.length < PAGE ? null : (page.at(-1)?.created_seq ?? null);
    }
  }
  return found;
};
