/** A processing activity about which much is on record, for the tests of how it is written. */
import type { ProcessingActivity } from "../../../src/reporting/processingRecords.ts";

const used = (accesses: number) => ({
  accesses,
  first_at: "2026-10-02T08:00:00.000Z",
  last_at: "2026-11-28T17:00:00.000Z",
});

export const activitySample = (more: Partial<ProcessingActivity> = {}): ProcessingActivity => ({
  lake_id: "north",
  lake_name: "The lake in the north",
  owner_id: "olga-1",
  country: "DE",
  region: "eu",
  jurisdiction: "eu",
  compliance_level: "strict",
  privacy_officers: ["petra-2"],
  webhooks: 1,
  dataset_id: "customers",
  status: "active",
  description: "customers of the shop, for billing",
  registered_at: "2026-01-15T08:00:00.000Z",
  contains_pii: true,
  encryption_enabled: true,
  subject_column: "id",
  columns: { id: "int", mail: "string", amount: "decimal" },
  personal_columns: [{ column: "mail", kinds: "email,person_name" }],
  contracts: [
    {
      contract_id: "contract1",
      status: "approved",
      retention_days: 365,
      quality_rules: 2,
      k_anonymity: 5,
      strategies: { mail: "mask" },
    },
    {
      contract_id: "contract0",
      status: "deprecated",
      retention_days: 9000,
      quality_rules: 0,
      k_anonymity: 0,
      strategies: {},
    },
  ],
  ingested_records: 0,
  purposes: [{ purpose: "billing", ...used(1200) }],
  purpose_count: 1,
  recipients: [{ accessor_id: "alice-3", ...used(1200) }],
  recipient_count: 1,
  ...more,
});

/** One about which nobody has said anything that need not be said. */
export const silentActivity = (): ProcessingActivity =>
  activitySample({
    country: null,
    region: "auto",
    jurisdiction: null,
    compliance_level: "standard",
    privacy_officers: [],
    webhooks: 0,
    dataset_id: "unknown",
    description: null,
    contains_pii: null,
    encryption_enabled: false,
    subject_column: null,
    columns: null,
    personal_columns: [],
    contracts: [],
    ingested_records: 12,
    purposes: [],
    purpose_count: 0,
    recipients: [],
    recipient_count: 0,
  });
