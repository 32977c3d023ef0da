-- What the reports by lake, dataset, contract and month are made of. Where a column is added to a
-- table that has rows, it is filled when the lake's log is next derived anew.

ALTER TABLE lakes ADD COLUMN jurisdiction TEXT;   -- eu, us, …; NULL: the platform's choice

ALTER TABLE datasets ADD COLUMN description TEXT;
ALTER TABLE datasets ADD COLUMN subject_column TEXT; -- that tells whose row it is
-- GET /reports/datasets?contains_pii=true
CREATE INDEX datasets_pii ON datasets (lake_id, dataset_id) WHERE contains_pii = 1;

-- Schemas through their versions; datasets.active_version says which counts.
CREATE TABLE dataset_versions (
  lake_id     TEXT NOT NULL,
  dataset_id  TEXT NOT NULL,
  version     INTEGER NOT NULL,          -- from 1
  columns     TEXT NOT NULL,             -- JSON {column: type}; null: too long to stand here
  contract_id TEXT,                      -- that brought it; NULL for the one registered
  defined_at  TEXT NOT NULL,
  PRIMARY KEY (lake_id, dataset_id, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE contracts (
  lake_id        TEXT NOT NULL,
  contract_id    TEXT NOT NULL,
  dataset        TEXT NOT NULL,
  status         TEXT NOT NULL,          -- defined, approved, declined, deprecated
  version        INTEGER NOT NULL,       -- from 1
  retention_days INTEGER NOT NULL,
  columns        TEXT NOT NULL,          -- JSON {column: type}; null: too long to stand here
  strategies     TEXT NOT NULL,          -- JSON {column: name of the privacy strategy}; as above
  quality_rules  INTEGER NOT NULL,       -- how many columns have any
  k_anonymity    INTEGER NOT NULL,       -- k; 0: none demanded
  defined_at     TEXT NOT NULL,
  updated_at     TEXT NOT NULL,          -- since then it says what it says
  approved_at    TEXT,                   -- the latest time; counts while the status is approved
  approver       TEXT,
  ended_at       TEXT,                   -- the latest time; counts while declined or deprecated
  PRIMARY KEY (lake_id, contract_id)
) STRICT, WITHOUT ROWID;
-- GET /reports/contracts/unapproved: longest waiting first, of all lakes and of one.
CREATE INDEX contracts_unapproved ON contracts (updated_at, lake_id, contract_id)
  WHERE status = 'defined';
CREATE INDEX contracts_unapproved_of_lake ON contracts (lake_id, updated_at, contract_id)
  WHERE status = 'defined';

ALTER TABLE batches ADD COLUMN published_rows INTEGER NOT NULL DEFAULT 0;   -- of the latest
ALTER TABLE batches ADD COLUMN quarantined_rows INTEGER NOT NULL DEFAULT 0; -- by the latest check
-- appended_at and the contract's retention; the sink writes it whenever one of them changes.
ALTER TABLE batches ADD COLUMN retention_due_at TEXT;
-- Kept past its retention, for persons whose erasure is on hold: since then.
ALTER TABLE batches ADD COLUMN retention_suspended_at TEXT;
ALTER TABLE batches ADD COLUMN expired_at TEXT;
CREATE INDEX batches_of_contract ON batches (lake_id, contract_id);
-- GET /reports/retention: what expires next, of all lakes and of one.
CREATE INDEX batches_retention ON batches (retention_due_at, lake_id, batch_id)
  WHERE retention_due_at IS NOT NULL AND stage <> 'expired';
CREATE INDEX batches_retention_of_lake ON batches (lake_id, retention_due_at, batch_id)
  WHERE retention_due_at IS NOT NULL AND stage <> 'expired';

-- Batches counted by dataset and status. The sink takes out what a batch was and puts in what it
-- has become, in one transaction with the batch's own row.
CREATE TABLE batch_counts (
  lake_id          TEXT NOT NULL,
  dataset_id       TEXT NOT NULL,
  status           TEXT NOT NULL,        -- as in batches
  batches          INTEGER NOT NULL,
  row_count        INTEGER NOT NULL,     -- as appended
  published_rows   INTEGER NOT NULL,
  quarantined_rows INTEGER NOT NULL,
  PRIMARY KEY (lake_id, dataset_id, status)
) STRICT, WITHOUT ROWID;
INSERT INTO batch_counts
  SELECT lake_id, dataset, status, count(*), coalesce(sum(row_count), 0), 0, 0
  FROM batches GROUP BY lake_id, dataset, status;

ALTER TABLE deletions ADD COLUMN extended_at TEXT;
ALTER TABLE deletions ADD COLUMN rejected_at TEXT;
ALTER TABLE deletions ADD COLUMN requested_month TEXT AS (substr(requested_at, 1, 7)) VIRTUAL;
ALTER TABLE deletions ADD COLUMN completed_month TEXT AS (substr(completed_at, 1, 7)) VIRTUAL;
ALTER TABLE deletions ADD COLUMN overdue_month TEXT AS (substr(overdue_at, 1, 7)) VIRTUAL;
ALTER TABLE deletions ADD COLUMN rejected_month TEXT AS (substr(rejected_at, 1, 7)) VIRTUAL;
-- GET /reports/deletions, /overdue and /completed, of one lake.
CREATE INDEX deletions_open_of_lake ON deletions (lake_id, deadline, deletion_id)
  WHERE status NOT IN ('completed', 'rejected');
CREATE INDEX deletions_overdue_of_lake ON deletions (lake_id, overdue_at, deletion_id)
  WHERE overdue_at IS NOT NULL;
CREATE INDEX deletions_completed_of_lake ON deletions (lake_id, completed_at, deletion_id)
  WHERE completed_at IS NOT NULL;
-- The same of all lakes, and the averages of GET /reports/monthly.
DROP INDEX deletions_completed;
CREATE INDEX deletions_completed
  ON deletions (completed_at, lake_id, deletion_id, completion_seconds)
  WHERE completed_at IS NOT NULL;
-- GET /reports/deletions/summary: each group is one range of each.
CREATE INDEX deletions_requested_month ON deletions (requested_month, lake_id, status);
CREATE INDEX deletions_completed_month ON deletions (completed_month, lake_id, completion_seconds)
  WHERE completed_month IS NOT NULL;
CREATE INDEX deletions_overdue_month ON deletions (overdue_month, lake_id)
  WHERE overdue_month IS NOT NULL;
CREATE INDEX deletions_rejected_month ON deletions (rejected_month, lake_id)
  WHERE rejected_month IS NOT NULL;

-- Requests of persons to be told what is held about them (Art. 15).
CREATE TABLE subject_accesses (
  lake_id            TEXT NOT NULL,
  subject_access_id  TEXT NOT NULL,
  status             TEXT NOT NULL,      -- collecting, ready, expired, erased, rejected, lost
  requested_by       TEXT NOT NULL,
  received_at        TEXT NOT NULL,      -- by the controller, from here the law counts
  requested_at       TEXT NOT NULL,      -- recorded in the lake
  deadline           TEXT NOT NULL,
  statutory_deadline TEXT NOT NULL,
  missed_deadline    TEXT,               -- the deadline that passed unanswered
  ready_at           TEXT,
  extended_at        TEXT,
  rejected_at        TEXT,
  PRIMARY KEY (lake_id, subject_access_id)
) STRICT, WITHOUT ROWID;
-- GET /reports/subject-access: what is still owed an answer, of all lakes and of one.
CREATE INDEX subject_accesses_open ON subject_accesses (deadline, lake_id, subject_access_id)
  WHERE status IN ('collecting', 'lost');
CREATE INDEX subject_accesses_open_of_lake
  ON subject_accesses (lake_id, deadline, subject_access_id)
  WHERE status IN ('collecting', 'lost');

-- Accesses by day and purpose; a long purpose is cut, and those that begin alike counted together.
-- The keys are the orders of GET /reports/access/purposes, of all lakes and of one.
CREATE TABLE access_purposes (
  day         TEXT NOT NULL,
  lake_id     TEXT NOT NULL,
  dataset_id  TEXT NOT NULL,             -- empty when the access was to no dataset
  accessor_id TEXT NOT NULL,
  purpose     TEXT NOT NULL,             -- empty when none was given
  count       INTEGER NOT NULL,
  PRIMARY KEY (day, lake_id, dataset_id, accessor_id, purpose)
) STRICT, WITHOUT ROWID;
CREATE INDEX access_purposes_of_lake
  ON access_purposes (lake_id, day, dataset_id, accessor_id, purpose);

-- Who has ever accessed which dataset.
CREATE TABLE accessors (
  lake_id     TEXT NOT NULL,
  dataset_id  TEXT NOT NULL,             -- empty when the access was to no dataset
  accessor_id TEXT NOT NULL,
  first_at    TEXT NOT NULL,
  last_at     TEXT NOT NULL,
  accesses    INTEGER NOT NULL,
  PRIMARY KEY (lake_id, dataset_id, accessor_id)
) STRICT, WITHOUT ROWID;
-- GET /reports/access/first-time
CREATE INDEX accessors_first ON accessors (first_at, lake_id, dataset_id, accessor_id)
  WHERE dataset_id <> '';
CREATE INDEX accessors_first_of_lake ON accessors (lake_id, first_at, dataset_id, accessor_id)
  WHERE dataset_id <> '';
-- GET /reports/access/volume: days that are worth a look (UNUSUAL_COUNT), and the days before each.
CREATE INDEX access_daily_busy ON access_daily (day, lake_id, dataset_id, accessor_id, action, count)
  WHERE count >= 20;
CREATE INDEX access_daily_busy_of_lake
  ON access_daily (lake_id, day, dataset_id, accessor_id, action, count) WHERE count >= 20;
CREATE INDEX access_daily_history
  ON access_daily (lake_id, dataset_id, accessor_id, action, day, count);

-- What happened how often in a month (UTC). Counted are events: published twice counts twice.
CREATE TABLE monthly_counts (
  month      TEXT NOT NULL,              -- YYYY-MM
  lake_id    TEXT NOT NULL,
  dataset_id TEXT NOT NULL,              -- empty for what is about none
  measure    TEXT NOT NULL,              -- batches_appended, rows_published, … (tables.ts)
  count      INTEGER NOT NULL,
  PRIMARY KEY (month, lake_id, dataset_id, measure)
) STRICT, WITHOUT ROWID;
CREATE INDEX monthly_counts_of_lake ON monthly_counts (lake_id, month, dataset_id, measure);

-- Whose reports may show the lake: owner, privacy officer, auditor.
ALTER TABLE members ADD COLUMN watches INTEGER AS (
  status = 'active' AND (
    instr(',' || roles || ',', ',owner,') > 0
    OR instr(',' || roles || ',', ',privacy_officer,') > 0
    OR instr(',' || roles || ',', ',auditor,') > 0)) VIRTUAL;
CREATE INDEX members_watching ON members (subject, lake_id) WHERE watches = 1;
