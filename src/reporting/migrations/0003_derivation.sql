-- By which code a lake's rows were derived, how far they are derived anew, and where they went.
ALTER TABLE relay ADD COLUMN report_version INTEGER NOT NULL DEFAULT 0; -- reporting/forget.ts
ALTER TABLE relay ADD COLUMN rebuilding_to INTEGER;  -- seq; from last_seq to here rows are missing
ALTER TABLE relay ADD COLUMN moved_to TEXT;          -- the database that the lake reports to since
-- Lakes whose rows are of another version, and those that are being told anew: ranges of this.
CREATE INDEX relay_rebuilding ON relay (report_version, lake_id, rebuilding_to)
  WHERE moved_to IS NULL;
CREATE INDEX relay_unfinished ON relay (lake_id) WHERE rebuilding_to IS NOT NULL;
