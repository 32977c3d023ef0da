/** Pseudonyms of made-up people, as the keyring of some lake would give them. */
import { type KeyStore, openKeyring } from "../../src/application/keyring.ts";
import type { SubjectRef } from "../../src/domain/ids.ts";
import { ROOTS } from "./testLake.ts";

/** A key store of its own, that only remembers. */
export const memoryKeys = (
  entries = new Map<string, string>(),
): KeyStore & { readonly entries: Map<string, string> } => ({
  entries,
  find: (id) => entries.get(id) ?? null,
  put: (id, wrapped) => {
    entries.set(id, wrapped);
  },
  destroy: (id) => {
    entries.delete(id);
  },
});

const keyring = openKeyring(ROOTS, "somewhere", memoryKeys());

export const subjectRef = (subject_id: string): SubjectRef => keyring.subjectRef(subject_id);
