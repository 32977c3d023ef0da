/**
 * The import of a log into this database: each line is checked against what stands before it,
 * inserted as it is and folded like any event. One request is one transaction. A marker in the
 * database says that an import is unfinished, so a restart changes nothing.
 */

import { kindOf } from "../application/aggregates.ts";
import { oweCheckpoint } from "../application/checkpoints.ts";
import { followUp, referringBefore } from "../application/followed.ts";
import type { ImportState, ImportStep, LogImport } from "../application/importLog.ts";
import { LockedKeyError, openKeyring } from "../application/keyring.ts";
import { say } from "../application/logging.ts";
import type { LogTree } from "../application/logProofs.ts";
import { isOwnKey } from "../application/objectKeys.ts";
import type { RootSecrets } from "../application/rootSecrets.ts";
import { keysIn } from "../contracts/eventKeys.ts";
import { shapeFault } from "../contracts/eventShapes.ts";
import { isOversized, MAX_EVENT_BYTES } from "../contracts/eventSize.ts";
import { upcast } from "../contracts/events.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { StreamName } from "../domain/ids.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { RestorableLog } from "./eventLog.ts";
import { keys } from "./keys.ts";
import type { LeafRow } from "./leaf.ts";
import { readLeaf } from "./leafLine.ts";
import { EMPTY_ROOT, leafHash } from "./merkle.ts";

/** Times later than this, by the clock here, are refused: every later event would bear them. */
export const IMPORT_CLOCK_SKEW_MS = 5 * 60_000;

/** Why an imported replay stands still, as the list of parked duties shows it. */
const REPLAY_PARKED = "imported while it was running: its objects may not be here";

export interface LogImportDeps {
  readonly sql: SqlStorage;
  readonly log: RestorableLog;
  readonly tree: LogTree;
  readonly roots: RootSecrets;
  readonly now: () => Date;
}

/** Takes a transaction back and carries the reason out of it. */
class Refused extends Error {
  readonly rejection: Rejection;
  constructor(rejection: Rejection) {
    super(rejection.detail);
    this.rejection = rejection;
  }
}

/** As `transaction`, but a rejection undoes what was written as well. */
export const allOrNothing = <Value>(
  transaction: (body: () => Value) => Value,
  body: () => Result<Value, Rejection>,
): Result<Value, Rejection> => {
  try {
    return ok(
      transaction(() => {
        const result = body();
        if (!result.ok) throw new Refused(result.error);
        return result.value;
      }),
    );
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ok: false, error: error.rejection };
  }
};

export const logImport = ({ sql, log, tree, roots, now }: LogImportDeps): LogImport => {
  const marker = () =>
    sql
      .exec<{ completed_at: string | null; root: string | null }>(
        "SELECT completed_at, root FROM imports",
      )
      .toArray()[0];
  const begun = marker();
  let unfinished = begun !== undefined && begun.completed_at === null;

  const state = (): ImportState => {
    const tree_size = tree.size();
    const open = tree_size > 0 && !unfinished;
    return {
      status: open ? "open" : unfinished ? "importing" : "absent",
      tree_size,
      root: base64(tree.root(tree_size)),
    };
  };

  const hashAt = (seq: number): Uint8Array | null => {
    const [row] = sql
      .exec<{ leaf_hash: ArrayBuffer }>(
        "SELECT leaf_hash FROM events WHERE seq = CAST(? AS INTEGER)",
        seq,
      )
      .toArray();
    return row ? new Uint8Array(row.leaf_hash) : null;
  };

  /** Whether a row may come next, by all that stands before it; else what is wrong with it. */
  const faultOf = (row: LeafRow, lake_id: string, last: string): string | null => {
    if (isOversized(row.data)) return `its data takes more than ${MAX_EVENT_BYTES} bytes`;
    const data = JSON.parse(row.data) as Record<string, unknown>;
    const first = row.seq === 1;
    if (first !== (row.type === "DataLakeCreated")) {
      return first ? "a log begins with DataLakeCreated" : "a lake is created once";
    }
    if (first && (row.stream !== "lake" || data.lake_id !== lake_id)) {
      return "it is the log of another lake: a log keeps its lake's id";
    }
    try {
      kindOf(row.stream as StreamName);
      const present = upcast(row.type, row.schema_version, data);
      const fault = shapeFault(row.type, present) ?? foreignFault(row.type, present, lake_id);
      if (fault !== null) return fault;
    } catch (error) {
      // An upcaster found nothing where it looked for what it is to lift.
      if (error instanceof TypeError) return `its data is none of version ${row.schema_version}`;
      return (error as Error).message;
    }
    const { version } = log.load(row.stream as StreamName);
    if (row.stream_version !== version + 1) return `its stream stands at version ${version}`;
    if (row.recorded_at < last) return "it is earlier than the event before it";
    const latest = new Date(now().getTime() + IMPORT_CLOCK_SKEW_MS).toISOString();
    return row.recorded_at > latest ? "it lies in the future" : null;
  };

  const takeLine = (
    line: string,
    index: number,
    lake_id: string,
    expected: number,
    last: string,
  ): Result<LeafRow | null, Rejection> => {
    const refuse = (seq: number, fault: string) =>
      reject("invalid", "import-refused", `Event ${seq} is refused: ${fault}.`, [
        { path: String(index), message: fault },
      ]);
    const read = readLeaf(line);
    if (!read.ok) return refuse(expected, read.error);
    const row = read.value;
    if (row.seq < expected) {
      const same = Buffer.from(leafHash(line)).equals(hashAt(row.seq) ?? NO_HASH);
      return same ? ok(null) : refuse(row.seq, "the log here has another event in its place");
    }
    if (row.seq > expected) return refuse(expected, `event ${row.seq} comes in its place`);
    const fault = faultOf(row, lake_id, last);
    if (fault !== null) return refuse(row.seq, fault);
    try {
      const before = referringBefore(log, [row.stream as StreamName]);
      followUp(log, [log.restore(row)], before, row.recorded_at);
    } catch (error) {
      say("error", "an event of an import does not fold", { lake_id, seq: row.seq, error });
      return refuse(row.seq, "it does not fit what its stream holds");
    }
    return ok(row);
  };

  const take = (lake_id: string, lines: readonly string[]): Result<ImportState, Rejection> => {
    if (!unfinished && tree.size() > 0) return notEmpty();
    // The lake's own key, made now: what opens later must not depend on who asks first.
    openKeyring(
      roots,
      lake_id,
      keys(sql, () => now().toISOString()),
    );
    sql.exec(
      "INSERT OR IGNORE INTO imports (id, lake_id, started_at) VALUES (1, ?, ?)",
      lake_id,
      now().toISOString(),
    );
    let expected = log.head() + 1;
    let last = log.read({ after: expected - 2, limit: 1 }).at(0)?.recorded_at ?? "";
    for (const [index, line] of lines.entries()) {
      const taken = takeLine(line, index, lake_id, expected, last);
      if (!taken.ok) return taken;
      if (taken.value === null) continue;
      expected += 1;
      last = taken.value.recorded_at;
    }
    return ok({ ...state(), status: "importing" });
  };

  const complete = (root: string): Result<ImportState, Rejection> => {
    const { tree_size, root: found } = state();
    // Asked again, the answer is the same, even when the log has gone on since.
    if (!unfinished && marker()?.root === root) return ok(state());
    if (found !== root) {
      return reject(
        "wrong_state",
        "root-differs",
        `The log here has ${tree_size} events and the root ${found}, not the one expected.`,
      );
    }
    if (!unfinished) return ok(state());
    sql.exec(
      "UPDATE imports SET completed_at = ?, tree_size = ?, root = ? WHERE id = 1",
      now().toISOString(),
      tree_size,
      root,
    );
    const kind = "replay_step";
    for (const { ref } of sql
      .exec<{ ref: string }>("SELECT ref FROM schedule WHERE kind = ?", kind)
      .toArray()) {
      log.schedule.failed({ kind, ref }, REPLAY_PARKED, null);
    }
    oweCheckpoint(log, now().toISOString());
    return ok({ ...state(), status: "open" });
  };

  return {
    get unfinished() {
      return unfinished;
    },

    answer(lake_id, request) {
      if (request.kind === "state") return ok(state());
      const answered = allOrNothing<ImportState>(
        (body) => log.transaction(body),
        () => locking(() => written(lake_id, request)),
      );
      if (answered.ok) unfinished = answered.value.status === "importing";
      return answered;
    },
  };

  function written(lake_id: string, request: Exclude<ImportStep, { kind: "state" }>) {
    return request.kind === "lines" ? take(lake_id, request.lines) : complete(request.root);
  }
};

/** The lake would read, hand out and delete what it takes for its own. */
const foreignFault = (
  type: string,
  data: Readonly<Record<string, unknown>>,
  lake_id: string,
): string | null =>
  keysIn(type, data).every((key) => typeof key === "string" && isOwnKey(lake_id, key))
    ? null
    : "it names an object that is none of this lake's";

const NO_HASH = new Uint8Array(0);

const base64 = (hash: Uint8Array): string => Buffer.from(hash).toString("base64");

/** Of a lake that nobody created. */
export const NOTHING_IMPORTED = ok<ImportState>({
  status: "absent",
  tree_size: 0,
  root: base64(EMPTY_ROOT),
});

const notEmpty = () =>
  reject("wrong_state", "lake-not-empty", "This lake has a log of its own: nothing can come in.");

const locking = <Value>(body: () => Result<Value, Rejection>): Result<Value, Rejection> => {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof LockedKeyError)) throw error;
    return reject(
      "unavailable",
      "lake-locked",
      "ROOT_SECRET is not the one this lake's key was wrapped under: set the right one.",
    );
  }
};
