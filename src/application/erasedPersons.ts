/** Persons who were erased, as the log has it: their keys are gone, and what was sealed under them. */
import type { Deletion } from "../domain/deletion/deletion.ts";
import type { SubjectRef } from "../domain/ids.ts";
import { directoryEntries } from "./directoryEntries.ts";
import type { DirectoryFilter, EventLog } from "./ports.ts";
import { reader } from "./reader.ts";

/** Whether what was sealed for a person then (RFC 3339, UTC) went with a request of theirs. */
export const erasedSince = (log: EventLog, subject_ref: SubjectRef, sealed_at: string): boolean =>
  someRequest(log, { subject_ref }, wentSince(sealed_at));

/** As `erasedSince`, also with a request under another spelling of their id: all are looked through. */
export const erasedByAnyName = (
  log: EventLog,
  subject_ref: SubjectRef,
  sealed_at: string,
): boolean => {
  const went = wentSince(sealed_at);
  const meant = ({ erasure }: Deletion) =>
    Object.values(erasure?.subject_refs ?? {}).includes(subject_ref);
  return someRequest(log, { status: "completed" }, (request) => went(request) && meant(request));
};

const wentSince =
  (sealed_at: string) =>
  ({ keys_gone_at }: Deletion): boolean =>
    keys_gone_at !== null && keys_gone_at >= sealed_at;

const someRequest = (
  log: EventLog,
  filter: Pick<DirectoryFilter, "status" | "subject_ref">,
  holds: (request: Deletion) => boolean,
): boolean => {
  for (const { id } of directoryEntries(log, { ...filter, kind: "deletion" })) {
    const request = reader(log).deletion(id);
    if (request.status !== "absent" && holds(request)) return true;
  }
  return false;
};
