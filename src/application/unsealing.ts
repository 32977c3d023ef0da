/**
 * Opens what is sealed under a person's key. A field that does not open is erased only where the
 * log says that the key was destroyed after the field was sealed: a log that came from elsewhere
 * came without keys, and nobody was forgotten by that.
 */
import type { SubjectRef } from "../domain/ids.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { erasedByAnyName, erasedSince } from "./erasedPersons.ts";
import type { Keyring } from "./keyring.ts";
import type { EventLog } from "./ports.ts";

export interface SealedField {
  readonly place: string;
  readonly sealed: string;
  /** When it was sealed (RFC 3339, UTC). */
  readonly sealed_at: string;
}

export interface Unsealing {
  /** The text, or that nobody will read it again. Throws HalfNeededError like `keyring.open`. */
  open(field: SealedField): string | { readonly erased: true };
  /** The refusal that is due when a field did not open although no key was destroyed, else null. */
  refusal(): { readonly ok: false; readonly error: Rejection } | null;
}

/** `erased`: the request whose fields these are was itself carried out. */
export const unsealing = (
  log: EventLog,
  keyring: Pick<Keyring, "open">,
  subject_ref: SubjectRef,
  erased = false,
): Unsealing => {
  let missing = false;

  return {
    open({ place, sealed, sealed_at }) {
      const text = keyring.open(subject_ref, place, sealed);
      if (text !== null) return text;
      missing ||=
        !erased &&
        !erasedSince(log, subject_ref, sealed_at) &&
        !erasedByAnyName(log, subject_ref, sealed_at);
      return { erased: true };
    },
    refusal: () => (missing ? keyMissing() : null),
  };
};

const keyMissing = () =>
  reject(
    "unavailable",
    "subject-key-missing",
    "The key under which this person's fields are sealed does not open, and it is not on record " +
      "that it was destroyed: nothing can be revealed before it does.",
  );
