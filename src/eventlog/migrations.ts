/**
 * The SQLite schema of one lake, as an append-only list of steps. A step that has shipped is never
 * changed; `migrate` runs those a database has not seen, each once, in one transaction.
 */

export const MIGRATIONS: readonly string[] = [
  `
  -- The log. Rows are only ever inserted; triggers refuse everything else.
  CREATE TABLE events (
    seq            INTEGER PRIMARY KEY,   -- global order, from 1, gapless
    event_id       TEXT NOT NULL,         -- UUID
    stream         TEXT NOT NULL,         -- lake, access, dataset/<name>, batch/<id>, …
    stream_version INTEGER NOT NULL,      -- order within the stream, from 1, gapless
    type           TEXT NOT NULL,
    schema_version INTEGER NOT NULL,      -- of data, see contracts/events.ts
    recorded_at    TEXT NOT NULL,         -- RFC 3339 UTC ms; never decreases with seq
    actor          TEXT NOT NULL,
    correlation_id TEXT NOT NULL,
    causation_id   TEXT,
    command_id     TEXT NOT NULL,
    dataset        TEXT,                  -- the dataset it is about, if any
    data           TEXT NOT NULL,         -- JSON; personal fields sealed
    leaf_hash      BLOB NOT NULL          -- RFC 6962 hash of the event's leaf, see leaf.ts
  ) STRICT;
  CREATE UNIQUE INDEX events_by_stream ON events (stream, stream_version);
  CREATE INDEX events_by_type ON events (type);
  CREATE INDEX events_by_actor ON events (actor);
  CREATE INDEX events_by_dataset ON events (dataset) WHERE dataset IS NOT NULL;
  CREATE INDEX events_by_accessor ON events (json_extract(data, '$.accessor_id'))
    WHERE type = 'AccessAudited';
  CREATE TRIGGER events_are_not_updated BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  CREATE TRIGGER events_are_not_deleted BEFORE DELETE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  -- INSERT OR REPLACE deletes without the trigger above: an event only ever comes next.
  CREATE TRIGGER events_are_not_replaced BEFORE INSERT ON events
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM events)
      OR EXISTS (SELECT 1 FROM events
                 WHERE stream = NEW.stream AND stream_version = NEW.stream_version)
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;

  -- Roots of complete, aligned runs of 256^level events, level from 1: the inside of the tree.
  CREATE TABLE tiles (
    level    INTEGER NOT NULL,
    position INTEGER NOT NULL,            -- the run starts at leaf position * 256^level
    hash     BLOB NOT NULL,
    PRIMARY KEY (level, position)
  ) STRICT, WITHOUT ROWID;

  -- A cache of folded states; may be dropped at any time.
  CREATE TABLE snapshots (
    stream       TEXT NOT NULL,
    version      INTEGER NOT NULL,        -- stream_version folded up to
    seq          INTEGER NOT NULL,        -- seq of that event
    fold_version INTEGER NOT NULL,        -- of the evolve function that made it
    state        TEXT NOT NULL,           -- JSON
    PRIMARY KEY (stream, version)
  ) STRICT, WITHOUT ROWID;

  -- Present state of every aggregate but access, as lists and reports need it.
  CREATE TABLE directory (
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    dataset     TEXT,
    status      TEXT NOT NULL,
    due_at      TEXT,
    flagged     INTEGER NOT NULL,         -- overdue deletion, dataset with personal data
    subject_ref TEXT,                     -- pseudonym
    created_seq INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX directory_in_order ON directory (kind, created_seq);
  CREATE INDEX directory_by_dataset ON directory (kind, dataset, created_seq)
    WHERE dataset IS NOT NULL;
  CREATE INDEX directory_by_status ON directory (kind, status, created_seq);
  CREATE INDEX directory_by_subject ON directory (subject_ref) WHERE subject_ref IS NOT NULL;

  -- Every change of what reports count, so that a report of the past folds no event.
  CREATE TABLE directory_history (
    kind    TEXT NOT NULL,
    id      TEXT NOT NULL,
    seq     INTEGER NOT NULL,             -- of the event that made it so
    status  TEXT NOT NULL,
    due_at  TEXT,
    flagged INTEGER NOT NULL,
    PRIMARY KEY (kind, id, seq)
  ) STRICT, WITHOUT ROWID;

  -- What the lake owes, by when.
  CREATE TABLE schedule (
    kind       TEXT NOT NULL,
    ref        TEXT NOT NULL,
    due_at     TEXT NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    parked     INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    payload    TEXT NOT NULL,             -- JSON
    PRIMARY KEY (kind, ref)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX schedule_due ON schedule (parked, due_at);

  -- First answers by idempotency key.
  CREATE TABLE answers (
    key         TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,            -- keyed hash of the command
    answer      TEXT NOT NULL,            -- JSON
    recorded_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX answers_by_age ON answers (recorded_at);

  -- How far each sink has the log.
  CREATE TABLE outbox (
    sink       TEXT NOT NULL PRIMARY KEY,
    last_seq   INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    retry_at   TEXT,
    last_error TEXT
  ) STRICT, WITHOUT ROWID;

  -- The lake's key ('lake') under the root secret; subjects' keys ('subject/<ref>') under the lake's.
  CREATE TABLE keys (
    id         TEXT NOT NULL PRIMARY KEY,
    wrapped    TEXT NOT NULL,             -- base64: nonce, ciphertext, tag (AES-256-GCM)
    created_at TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- At most one row: this log came from an export. Without completed_at it is still coming, and
  -- the lake does nothing else.
  CREATE TABLE imports (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    lake_id      TEXT NOT NULL,
    started_at   TEXT NOT NULL,
    completed_at TEXT,
    tree_size    INTEGER,                 -- of the log when it was complete
    root         TEXT                     -- base64, of that size
  ) STRICT;
  `,
  `
  -- Requests that were open before deadlines were announced are announced from here on.
  INSERT INTO schedule (kind, ref, due_at, payload)
    SELECT 'deletion_reminder', id, strftime('%Y-%m-%dT%H:%M:%fZ', due_at, '-7 days'), '{}'
    FROM directory
    WHERE kind = 'deletion' AND status IN ('pending', 'held') AND due_at IS NOT NULL;
  `,
  `
  -- Batches from before there was retention owe its end too; the duty itself finds out when.
  INSERT OR IGNORE INTO schedule (kind, ref, due_at, payload)
    SELECT 'retention_due', id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), '{}'
    FROM directory WHERE kind = 'batch';
  `,
  `
  -- Notifications: what is told of which event to which webhook, and how often it was tried.
  CREATE TABLE webhook_deliveries (
    webhook_id   TEXT NOT NULL,
    delivery_id  TEXT NOT NULL,           -- the event's id
    seq          INTEGER NOT NULL,        -- of the event
    type         TEXT NOT NULL,           -- of the event
    status       TEXT NOT NULL,           -- pending, delivered, parked
    attempts     INTEGER NOT NULL,
    last_status  INTEGER,                 -- HTTP status of the last answer
    last_error   TEXT,
    created_at   TEXT NOT NULL,
    attempted_at TEXT,
    PRIMARY KEY (webhook_id, delivery_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX webhook_deliveries_in_order ON webhook_deliveries (webhook_id, seq);
  CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at)
    WHERE status <> 'pending';
  `,
  `
  -- The snapshot before a moment of the past is found without looking at those behind it.
  CREATE INDEX snapshots_by_seq ON snapshots (stream, seq);
  `,
  `
  -- Requests from before they were carried out are too, a day before their deadline at the latest;
  -- the duty itself finds out when.
  INSERT OR IGNORE INTO schedule (kind, ref, due_at, payload)
    SELECT 'execution_due', id, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), '{}'
    FROM directory WHERE kind = 'deletion' AND status IN ('pending', 'held');
  `,
  `
  -- While SQLite may have to ABORT a statement, it keeps a copy of every page that it changes, in a
  -- temporary file once a group of commands has changed 64 KiB: that took most of the time of a
  -- command. An index over an expression is one cause, a trigger that aborts another. So what is
  -- asked for has a column of its own, and the trigger FAILs, which is as much for a single row.
  ALTER TABLE events ADD COLUMN accessor TEXT;  -- who accessed, of AccessAudited
  DROP TRIGGER events_are_not_updated;
  UPDATE events SET accessor = json_extract(data, '$.accessor_id') WHERE type = 'AccessAudited';
  CREATE TRIGGER events_are_not_updated BEFORE UPDATE ON events
    BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
  DROP INDEX events_by_accessor;
  CREATE INDEX events_by_accessor ON events (accessor) WHERE accessor IS NOT NULL;
  DROP TRIGGER events_are_not_replaced;
  CREATE TRIGGER events_are_not_replaced BEFORE INSERT ON events
    WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM events)
      OR EXISTS (SELECT 1 FROM events
                 WHERE stream = NEW.stream AND stream_version = NEW.stream_version)
    BEGIN SELECT RAISE(FAIL, 'events are append-only'); END;
  `,
  `
  -- How often a step was begun and did not come to an end since: its process died.
  ALTER TABLE schedule ADD COLUMN begun INTEGER NOT NULL DEFAULT 0;
  `,
  `
  -- Small subject indexes by the keys of their objects, as long as a batch refers to them.
  CREATE TABLE subject_indexes (
    key    TEXT NOT NULL PRIMARY KEY,
    object BLOB NOT NULL
  ) STRICT;
  `,
  `
  -- Which batches were asked for with a file of that name.
  CREATE TABLE taken_uploads (
    filename TEXT NOT NULL,
    batch_id TEXT NOT NULL,
    PRIMARY KEY (filename, batch_id)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO taken_uploads (filename, batch_id)
    SELECT DISTINCT json_extract(data, '$.file_url'), substr(stream, length('batch/') + 1)
    FROM events WHERE type = 'AppendIngestionRequested';
  `,
  `
  -- Which version of the sink was told of what was delivered; NULL: it is to be told anew.
  ALTER TABLE outbox ADD COLUMN sink_version INTEGER;
  `,
  `
  -- Notifications that have not arrived are counted without looking at those that have.
  CREATE INDEX webhook_deliveries_open ON webhook_deliveries (status, created_at)
    WHERE status <> 'delivered';
  `,
  `
  -- Of several places that a sink may have, the one this lake's events go to; NULL: not chosen yet.
  ALTER TABLE outbox ADD COLUMN destination TEXT;
  `,
  `
  -- Who made events and who accessed, of complete runs of 256 events: see whom.ts.
  CREATE TABLE events_by_whom (
    role  TEXT NOT NULL,                  -- actor, accessor
    name  TEXT NOT NULL,
    event INTEGER NOT NULL,               -- its seq
    PRIMARY KEY (role, name, event)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO events_by_whom (role, name, event)
    SELECT 'accessor', accessor, seq FROM events
    WHERE accessor IS NOT NULL AND seq <= (SELECT coalesce(max(seq), 0) / 256 * 256 FROM events)
    ORDER BY accessor, seq;
  INSERT INTO events_by_whom (role, name, event)
    SELECT 'actor', actor, seq FROM events
    WHERE seq <= (SELECT coalesce(max(seq), 0) / 256 * 256 FROM events) ORDER BY actor, seq;
  DROP INDEX events_by_accessor;
  DROP INDEX events_by_actor;
  `,
  `
  -- Duties that have used up their tries: few, and counted whenever the lake says how it stands.
  CREATE INDEX schedule_failing ON schedule (attempts) WHERE attempts >= 10;
  -- Deletions are not given up any more; those that were are due.
  UPDATE schedule SET parked = 0
    WHERE parked = 1 AND kind IN ('delete_objects', 'sweep_upload', 'sweep_attempt');
  `,
  `
  -- At most one row: how long the log was when all that is kept outside of this database was known here.
  CREATE TABLE looked_back (
    id  INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL
  ) STRICT;
  `,
];

/** Whether anything was ever stored here: a lake nobody created has no tables at all. */
export const isInitialised = (sql: SqlStorage): boolean =>
  sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'").toArray()
    .length > 0;

/** Brings the database to the newest schema. `steps` is a parameter for the tests. */
export const migrate = (
  storage: DurableObjectStorage,
  steps: readonly string[] = MIGRATIONS,
): void => {
  const { sql } = storage;
  storage.transactionSync(() => {
    if (!isInitialised(sql)) {
      sql.exec("CREATE TABLE migrations (step INTEGER PRIMARY KEY) STRICT");
    }
    const done = sql.exec<{ n: number }>("SELECT count(*) AS n FROM migrations").one().n;
    if (done > steps.length) {
      throw new Error(`database is at step ${done}, this code knows ${steps.length}`);
    }
    for (const [index, step] of steps.entries()) {
      if (index < done) continue;
      sql.exec(step);
      sql.exec("INSERT INTO migrations (step) VALUES (?)", index + 1);
    }
  });
};
