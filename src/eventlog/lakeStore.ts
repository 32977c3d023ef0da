/** What a lake has in its own database: log and tree, keys, outbox, an import under way. */
import type { LogImport } from "../application/importLog.ts";
import type { KeyStore } from "../application/keyring.ts";
import type { LakeCustody, LookedBack } from "../application/lakeCustody.ts";
import type { LakeService } from "../application/lakeService.ts";
import type { Owed } from "../application/lakeStatus.ts";
import type { LakeTurns } from "../application/lakeTurns.ts";
import type { LogTree } from "../application/logProofs.ts";
import type { EventLog, PendingDuty } from "../application/ports.ts";
import type { Relay } from "../application/relay.ts";
import type { RootSecrets } from "../application/rootSecrets.ts";
import type { Watch } from "../application/seenCommands.ts";
import type { StatusReporter } from "../application/statusReporter.ts";
import { eventLog, type RestorableLog } from "./eventLog.ts";
import { keys } from "./keys.ts";
import { logImport } from "./logImport.ts";
import { logTree } from "./logTree.ts";
import { lookedBack } from "./lookedBack.ts";
import { migrate } from "./migrations.ts";
import { outbox, outboxOf, type SinkOutbox } from "./outbox.ts";
import { owed } from "./owed.ts";

/** The name of the one sink there is, in the outbox table. */
const REPORTS_SINK = "reports";

export interface LakeStore {
  readonly stored: RestorableLog;
  readonly keys: KeyStore;
  readonly tree: LogTree;
  readonly imported: LogImport;
  /** How far the reports have the log. */
  readonly sent: SinkOutbox;
  /** What others have not got yet. */
  readonly owed: () => Owed;
  readonly looked: LookedBack;
}

/** A lake in memory: what it has there, and what works on it. */
export interface Lake extends Pick<LakeStore, "tree" | "imported"> {
  readonly log: EventLog;
  readonly service: LakeService;
  readonly outbox: SinkOutbox;
  readonly relay: Relay;
  /** Sends a notification that is owed. */
  readonly notify: (duty: PendingDuty) => void;
  readonly turns: LakeTurns;
  /** Told of every command that has ended. */
  readonly watch: Watch;
  /** Tells the reports how the lake stands. */
  readonly reporter: StatusReporter;
  readonly keeping: LakeCustody;
}

interface Means {
  readonly roots: RootSecrets;
  readonly now: () => Date;
  /** Of what the reports make of events. */
  readonly report_version: number;
}

/** Makes the tables that are not there yet. */
export const lakeStore = (
  storage: DurableObjectStorage,
  { roots, now, report_version }: Means,
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
    sent: outboxOf({ name: REPORTS_SINK, version: report_version }, stored, outbox(sql)),
    owed: () => owed(sql),
    looked: lookedBack(sql),
  };
};
