-- Members of the lakes, for the list of lakes that a caller may see. Who may do what is never asked
-- here: that is the lake's own to say, in the turn in which it decides.
CREATE TABLE members (
  lake_id    TEXT NOT NULL,
  subject    TEXT NOT NULL,              -- as the caller's issuer calls them: opaque
  status     TEXT NOT NULL,              -- active, revoked
  roles      TEXT NOT NULL,              -- parted by commas, empty once revoked
  granted_at TEXT NOT NULL,
  PRIMARY KEY (lake_id, subject)
) STRICT, WITHOUT ROWID;
-- GET /lakes: one range, in the order of the list.
CREATE INDEX members_of ON members (subject, lake_id) WHERE status = 'active';
