-- Reports across lakes: a copy of every lake's events and the rollups made from them.
-- Times are RFC 3339, UTC, milliseconds, so they sort as text. Days are YYYY-MM-DD, UTC.
-- Nothing here is a source of truth: dropped and delivered again, it comes out the same.

-- How far each lake has been delivered. Every write of a delivery is guarded by this row.
CREATE TABLE relay (
  lake_id  TEXT NOT NULL PRIMARY KEY,
  last_seq INTEGER NOT NULL              -- seq of the last event delivered, 0 before the first
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  lake_id        TEXT NOT NULL,
  seq            INTEGER NOT NULL,       -- order within the lake, from 1, gapless
  type           TEXT NOT NULL,
  recorded_at    TEXT NOT NULL,
  actor          TEXT NOT NULL,
  dataset        TEXT,                   -- the dataset it is about, if any
  stream         TEXT NOT NULL,          -- lake, access, dataset/<name>, batch/<id>, ...
  stream_version INTEGER NOT NULL,       -- order within the stream, from 1, gapless
  data           TEXT NOT NULL,          -- JSON, personal fields pseudonymized or sealed
  PRIMARY KEY (lake_id, seq)
) STRICT, WITHOUT ROWID;

-- The primary key is the order of the list of lakes.
CREATE TABLE lakes (
  lake_id          TEXT NOT NULL PRIMARY KEY,
  name             TEXT NOT NULL,
  owner_id         TEXT NOT NULL,
  region           TEXT NOT NULL,
  compliance_level TEXT NOT NULL,        -- standard, gdpr, strict
  country          TEXT,                 -- ISO 3166-1 alpha-2
  time_zone        TEXT,                 -- IANA name
  created_at       TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE datasets (
  lake_id            TEXT NOT NULL,
  dataset_id         TEXT NOT NULL,
  status             TEXT NOT NULL,      -- active, deprecated
  contains_pii       INTEGER,            -- 0, 1, NULL while nobody has said
  encryption_enabled INTEGER NOT NULL,   -- 0, 1
  active_version     INTEGER NOT NULL,   -- of the schema, from 1
  ingestions         INTEGER NOT NULL,   -- manifest entries for data held elsewhere
  ingested_records   INTEGER NOT NULL,   -- rows those entries speak of
  registered_at      TEXT NOT NULL,
  PRIMARY KEY (lake_id, dataset_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE batches (
  lake_id      TEXT NOT NULL,
  batch_id     TEXT NOT NULL,
  dataset      TEXT NOT NULL,
  contract_id  TEXT NOT NULL,
  contains_pii INTEGER,                  -- 0, 1, NULL while nobody has said
  stage        TEXT NOT NULL,            -- appended, anonymized, published
  checked      INTEGER NOT NULL,         -- 1 when the last quality check passed
  quarantined  INTEGER NOT NULL,         -- 1 while in quarantine, whatever the stage
  status       TEXT NOT NULL AS (CASE
                 WHEN quarantined = 1 THEN 'quarantined'
                 WHEN stage = 'appended' AND checked = 1 THEN 'checked'
                 ELSE stage END) VIRTUAL,
  size_bytes   INTEGER,                  -- as appended
  row_count    INTEGER,                  -- as appended
  consumptions INTEGER NOT NULL,
  requested_at TEXT NOT NULL,
  appended_at  TEXT,
  published_at TEXT,                     -- the latest time
  PRIMARY KEY (lake_id, batch_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE deletions (
  lake_id            TEXT NOT NULL,
  deletion_id        TEXT NOT NULL,
  status             TEXT NOT NULL,      -- pending, held, rejected, and later ones
  requested_by       TEXT NOT NULL,
  received_at        TEXT NOT NULL,      -- by the controller, from here the law counts
  requested_at       TEXT NOT NULL,      -- recorded in the lake
  deadline           TEXT NOT NULL,
  statutory_deadline TEXT NOT NULL,
  missed_deadline    TEXT,               -- the deadline that passed unanswered
  completed_at       TEXT,
  overdue            INTEGER NOT NULL AS (missed_deadline IS NOT NULL) VIRTUAL,
  -- A request that came in past its deadline is overdue from the moment it is recorded.
  overdue_at         TEXT AS (max(missed_deadline, requested_at)) VIRTUAL,
  completion_seconds INTEGER AS (unixepoch(completed_at) - unixepoch(received_at)) VIRTUAL,
  PRIMARY KEY (lake_id, deletion_id)
) STRICT, WITHOUT ROWID;
-- GET /reports/deletions: what is still owed an answer, by deadline.
CREATE INDEX deletions_open ON deletions (deadline, lake_id, deletion_id)
  WHERE status NOT IN ('completed', 'rejected');
-- GET /reports/monthly: one range of each.
CREATE INDEX deletions_requested ON deletions (requested_at);
CREATE INDEX deletions_overdue ON deletions (overdue_at) WHERE overdue_at IS NOT NULL;
CREATE INDEX deletions_completed ON deletions (completed_at, completion_seconds)
  WHERE completed_at IS NOT NULL;

-- Accesses by day. The primary key is the order of GET /reports/access and the range of the
-- monthly report, the index the same for one lake.
CREATE TABLE access_daily (
  day         TEXT NOT NULL,
  lake_id     TEXT NOT NULL,
  dataset_id  TEXT NOT NULL,             -- empty when the access was to no dataset
  accessor_id TEXT NOT NULL,
  action      TEXT NOT NULL,             -- read, write, delete, query
  count       INTEGER NOT NULL,
  PRIMARY KEY (day, lake_id, dataset_id, accessor_id, action)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_daily_of_lake ON access_daily (lake_id, day, dataset_id, accessor_id, action);
