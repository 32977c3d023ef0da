/** Where the personal fields of a request to be forgotten are sealed: a ciphertext opens nowhere else. */
import type { Deletion } from "../domain/deletion/deletion.ts";
import type { DeletionId } from "../domain/ids.ts";
import type { Keyring } from "./keyring.ts";

/** Of an answer to the request: at the version of its stream that it makes. */
export const answerField = (version: number) => `answer/${version}` as const;

type Field = "subject_id" | "reason" | ReturnType<typeof answerField>;

export const deletionPlace = (id: DeletionId, field: Field): string => `deletion/${id}/${field}`;

/**
 * The clear id of the person a request is about, or null when their key was destroyed. Throws
 * HalfNeededError like `keyring.open`.
 */
export const openSubjectId = (
  { deletion_id, subject_ref, subject_id }: Deletion,
  keyring: Pick<Keyring, "open">,
): string | null =>
  keyring.open(subject_ref, deletionPlace(deletion_id, "subject_id"), subject_id.sealed);
