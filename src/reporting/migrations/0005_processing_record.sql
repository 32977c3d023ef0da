-- What the record of processing activities is made of, besides what other reports need.

-- Columns of datasets whose values or names look like personal data. Never a value.
CREATE TABLE personal_columns (
  lake_id    TEXT NOT NULL,
  dataset_id TEXT NOT NULL,
  column     TEXT NOT NULL,
  kinds      TEXT NOT NULL,              -- of personal data, the strongest sign first: email,phone
  seen_at    TEXT NOT NULL,              -- in a file appended then
  PRIMARY KEY (lake_id, dataset_id, column)
) STRICT, WITHOUT ROWID;

-- What data was ever accessed for; a long purpose is cut, as in access_purposes.
CREATE TABLE purposes (
  lake_id    TEXT NOT NULL,
  dataset_id TEXT NOT NULL,              -- empty when the access was to no dataset
  purpose    TEXT NOT NULL,              -- empty when none was given
  first_at   TEXT NOT NULL,
  last_at    TEXT NOT NULL,
  accesses   INTEGER NOT NULL,
  PRIMARY KEY (lake_id, dataset_id, purpose)
) STRICT, WITHOUT ROWID;

-- Places outside that are told of a lake's events; where they are is sealed.
CREATE TABLE webhooks (
  lake_id       TEXT NOT NULL,
  webhook_id    TEXT NOT NULL,
  status        TEXT NOT NULL,           -- active, removed
  registered_at TEXT NOT NULL,
  PRIMARY KEY (lake_id, webhook_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX contracts_of_dataset ON contracts (lake_id, dataset, contract_id);
