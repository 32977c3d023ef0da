/**
 * Keys that a command has made or destroyed and that nothing has committed yet: they wait here and
 * are written in the command's own transaction, or forgotten with it.
 */
import type { KeyStore } from "./keyring.ts";

export interface PendingKeys extends KeyStore {
  /** Inside the transaction. */
  write(): void;
  /** Nothing waits any more: it has committed, or what it was written with has been undone. */
  clear(): void;
  /** The command came to nothing. The lake's own key stays: every later command needs it. */
  forget(): void;
}

export const pendingKeys = (kept: KeyStore): PendingKeys => {
  /** Null: destroyed. */
  const pending = new Map<string, string | null>();
  /** Destroyed before they were made: they take another's place. */
  const replacing = new Set<string>();
  return {
    find(id) {
      const waiting = pending.get(id);
      return waiting === undefined ? kept.find(id) : waiting;
    },
    put: (id, wrapped) => {
      if (pending.get(id) === null) replacing.add(id);
      pending.set(id, wrapped);
    },
    destroy: (id) => {
      pending.set(id, null);
    },
    write() {
      for (const [id, wrapped] of pending) {
        if (wrapped === null || replacing.has(id)) kept.destroy(id);
        if (wrapped !== null) kept.put(id, wrapped);
      }
    },
    clear() {
      pending.clear();
      replacing.clear();
    },
    forget() {
      for (const id of pending.keys()) {
        if (id === "lake") continue;
        pending.delete(id);
        replacing.delete(id);
      }
    },
  };
};
