-- What operators watch: how each lake stands, as it reports by itself a few times a minute while it
-- is busy, and counts of all lakes' commands. Unlike everything else here it is not made from the
-- logs, because a refused command leaves no event: it is never dropped and delivered again.

CREATE TABLE lake_status (
  lake_id                TEXT NOT NULL PRIMARY KEY,
  process                TEXT NOT NULL,     -- the life of the lake's object that reported
  report                 INTEGER NOT NULL,  -- number of the report within that life, from 1
  reported_at            TEXT NOT NULL,
  events                 INTEGER NOT NULL,  -- last seq of the lake's log
  behind_since           TEXT,              -- when the oldest event missing here was recorded
  webhooks_pending       INTEGER NOT NULL,  -- notifications still tried
  webhooks_pending_since TEXT,
  webhooks_parked        INTEGER NOT NULL,  -- notifications given up
  duties_parked          INTEGER NOT NULL,  -- duties given up
  next_due_at            TEXT,              -- when the lake has to wake next
  locked                 INTEGER NOT NULL,  -- 1 when its keys do not open
  troubled               INTEGER NOT NULL AS (
    behind_since IS NOT NULL OR webhooks_pending > 0 OR webhooks_parked > 0
      OR duties_parked > 0 OR locked = 1) VIRTUAL
) STRICT, WITHOUT ROWID;
-- GET /metrics: the lakes there is something to say of, and those that should have woken.
CREATE INDEX lake_status_troubled ON lake_status (lake_id) WHERE troubled = 1;
CREATE INDEX lake_status_due ON lake_status (next_due_at) WHERE next_due_at IS NOT NULL;

-- Of all lakes together; command and measure are Lethe's own names, so the rows are few.
CREATE TABLE command_totals (
  command TEXT NOT NULL,                    -- its type, empty for what is of no command
  measure TEXT NOT NULL,                    -- ok, replayed, refused, failed, le_<ms>, sum_ms; events, lakes
  value   REAL NOT NULL,
  PRIMARY KEY (command, measure)
) STRICT, WITHOUT ROWID;
