/** Halves of subjects' keys as the object store would keep them, at hand without a wait. */
import type { HalfNeededError, Halves } from "../../src/application/keyring.ts";
import type { SubjectRef } from "../../src/domain/ids.ts";

export interface MemoryHalves extends Halves {
  readonly kept: Map<SubjectRef, Uint8Array>;
  /** Fetches what a turn lacked, making it when it is to be. */
  supply(needed: HalfNeededError): void;
  /** As after an erasure. */
  destroy(subject: SubjectRef): void;
}

export const memoryHalves = (): MemoryHalves => {
  const kept = new Map<SubjectRef, Uint8Array>();
  const looked = new Set<SubjectRef>();
  return {
    kept,
    find: (subject) => (looked.has(subject) ? (kept.get(subject) ?? null) : undefined),
    supply({ subject, make }) {
      looked.add(subject);
      if (make && !kept.has(subject)) {
        kept.set(subject, crypto.getRandomValues(new Uint8Array(32)));
      }
    },
    destroy: (subject) => kept.delete(subject),
  };
};
