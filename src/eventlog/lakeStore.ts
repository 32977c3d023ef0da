/** What a lake has in its own database: log and tree, keys, outbox, an import under way. */
import type { LogImport } from "../application/importLog.ts";
import type { KeyStore } from "../application/keyring.ts";
import type { LogTree } from "../application/logProofs.ts";
import type { RootSecrets } from "../application/rootSecrets.ts";
import { eventLog, type RestorableLog } from "./eventLog.ts";
import { keys } from "./keys.ts";
import { logImport } from "./logImport.ts";
import { logTree } from "./logTree.ts";
import { migrate } from "./migrations.ts";
import { type Outbox, outbox } from "./outbox.ts";

export interface LakeStore {
  readonly stored: RestorableLog;
  readonly keys: KeyStore;
  readonly tree: LogTree;
  readonly imported: LogImport;
  readonly sent: Outbox;
}

/** Makes the tables that are not there yet. */
export const lakeStore = (
  storage: DurableObjectStorage,
  { roots, now }: { readonly roots: RootSecrets; readonly now: () => Date },
): LakeStore => {
  migrate(storage);
  const { sql } = storage;
  const stored = eventLog(storage);
  const tree = logTree(sql);
  return {
    stored,
    keys: keys(sql, () => now().toISOString()),
    tree,
    imported: logImport({ sql, log: stored, tree, roots, now }),
    sent: outbox(sql),
  };
};
