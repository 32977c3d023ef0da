/** Persons who were erased, as the log has it. */
import type { SubjectRef } from "../domain/ids.ts";
import type { EventLog } from "./ports.ts";
import { reader } from "./reader.ts";

/** More requests of one person are not looked at. */
const MAX_REQUESTS = 1_000;

/** Whether what was sealed for a person then (RFC 3339, UTC) went with an erasure since. */
export const erasedSince = (log: EventLog, subject_ref: SubjectRef, sealed_at: string): boolean => {
  const read = reader(log);
  return log.directory
    .list({ kind: "deletion", subject_ref, limit: MAX_REQUESTS })
    .some(({ id }) => {
      const deletion = read.deletion(id);
      return deletion.status !== "absent" && (deletion.completed_at ?? "") >= sealed_at;
    });
};
