/** Bodies of the commands, as clients send them. Unknown fields are refused: a typo is no flag. */
import { z } from "zod";
import { ACCESS_ACTIONS } from "../domain/access/access.ts";
import { COMPLIANCE_LEVELS } from "../domain/lake/lake.ts";
import { isReserved } from "../domain/member/subject.ts";
import {
  batchId,
  contractId,
  country,
  DEFAULT_PAGE,
  datasetName,
  expiresIn,
  filename,
  lakeId,
  MAX_AUDITS,
  MAX_CONSUMED,
  MAX_WITHHELD,
  name,
  optional,
  region,
  roles,
  schema,
  subject,
  text,
  time,
  timeZone,
  unless,
} from "./fields.ts";
import { delimiter, reading, readingChanges } from "./reading.ts";
import { kAnonymity, privacyRules, qualityRules } from "./rules.ts";

const flag = optional(z.boolean());

export const createLake = z
  .strictObject({
    lake_id: optional(lakeId),
    name,
    owner_id: optional(name),
    region,
    compliance_level: z.enum(COMPLIANCE_LEVELS),
    country: optional(country),
    time_zone: optional(timeZone),
  })
  .meta({ id: "CreateDataLake" });

export const changeComplianceLevel = z
  .strictObject({ compliance_level: z.enum(COMPLIANCE_LEVELS) })
  .meta({ id: "ChangeComplianceLevel" });

export const registerDataset = z
  .strictObject({
    name: datasetName,
    schema,
    description: optional(text),
    contains_pii: flag,
    encryption_enabled: unless(z.boolean(), false),
    subject_column: optional(name),
  })
  .meta({ id: "RegisterDataset" });

export const activateVersion = z
  .strictObject({ version: z.int().min(1) })
  .meta({ id: "ActivateDatasetVersion" });

export const ingestDataset = z
  .strictObject({
    dataset_id: datasetName,
    data_source: optional(text),
    source: optional(text).meta({ description: "Another name for data_source." }),
    record_count: z.int().min(1),
    contains_pii: flag,
  })
  .superRefine(({ data_source, source }, context) => {
    if ((data_source === null) === (source === null)) {
      context.addIssue({
        code: "custom",
        path: ["data_source"],
        message: "give data_source (or source), one of them",
      });
    }
  })
  .transform(({ data_source, source, ...rest }) => ({
    ...rest,
    data_source: data_source ?? source ?? "",
  }))
  .meta({ id: "IngestDataset" });

const terms = {
  retention_days: z.int().min(1).max(36_500),
  schema: optional(schema),
  privacy_rules: privacyRules.nullish().transform((value) => value ?? {}),
  quality_rules: qualityRules.nullish().transform((value) => value ?? {}),
  k_anonymity: optional(kAnonymity),
  reading: optional(reading),
};

export const createContract = z
  .strictObject({ dataset: datasetName, contract_id: optional(contractId), ...terms })
  .meta({ id: "CreateContract" });

export const updateContract = z
  .strictObject({
    dataset: optional(datasetName),
    contract_id: optional(contractId),
    ...terms,
  })
  .meta({ id: "UpdateContract" });

export const approveContract = z
  .strictObject({ approver: optional(name) })
  .meta({ id: "ApproveContract" });

export const cancel = z.strictObject({ reason: optional(text) }).meta({ id: "Cancel" });

export const reason = z.strictObject({ reason: text }).meta({ id: "Reason" });

export const uploadUrl = z
  .strictObject({ filename, expires_in: expiresIn })
  .meta({ id: "UploadUrl" });

export const downloadUrl = z
  .strictObject({ filename, purpose: optional(text), expires_in: expiresIn })
  .meta({ id: "DownloadUrl" });

export const appendBatch = z
  .strictObject({
    dataset: datasetName,
    contract_id: contractId,
    batch_id: batchId,
    file_url: filename,
    delimiter: optional(delimiter),
    reading: optional(readingChanges),
  })
  .meta({ id: "AppendData" });

export const runQuality = z
  .strictObject({ batch_id: batchId, quality_rules: optional(qualityRules) })
  .meta({ id: "RunQualityCheck" });

export const runPrivacy = z
  .strictObject({
    batch_id: batchId,
    privacy_rules: optional(privacyRules),
    dry_run: unless(z.boolean(), false),
  })
  .meta({ id: "AnonymizeData" });

export const approvePrivacyRun = z
  .strictObject({ approver: optional(name) })
  .meta({ id: "ApprovePrivacyRun" });

export const aboutBatch = z
  .strictObject({ batch_id: batchId, reason: text })
  .meta({ id: "BatchWithReason" });

export const publishBatch = z.strictObject({ batch_id: batchId }).meta({ id: "PublishData" });

export const consumeBatch = z
  .strictObject({
    batch_id: batchId,
    consumer: optional(name),
    purpose: optional(text),
    format: unless(z.enum(["parquet", "csv"]), "parquet"),
    expires_in: expiresIn,
  })
  .meta({ id: "ConsumeBatch" });

export const consumeDataset = z
  .strictObject({
    consumer: optional(name),
    purpose: optional(text),
    format: unless(z.enum(["parquet", "csv"]), "parquet"),
    expires_in: expiresIn,
    schema_version: optional(z.int().min(1)).meta({ description: "The active one unless said." }),
    since: optional(time).meta({
      description: "`as_of` of an earlier manifest: what has not changed since is not given again.",
    }),
    limit: unless(z.int().min(1).max(MAX_CONSUMED), DEFAULT_PAGE),
    cursor: optional(z.string().min(1).max(512)),
  })
  .meta({ id: "ConsumeDataset" });

export const replay = z
  .strictObject({ dataset: datasetName, batch_id: optional(batchId) })
  .meta({ id: "RequestReplay" });

export const auditAccess = z
  .strictObject({
    accessor_id: optional(name),
    dataset_id: datasetName,
    action: z.enum(ACCESS_ACTIONS),
    purpose: text,
  })
  .meta({ id: "AuditAccess" });

export const auditAccesses = z.union([auditAccess, z.array(auditAccess).min(1).max(MAX_AUDITS)]);

export const requestDeletion = z
  .strictObject({
    subject_id: z.string().min(1).max(1024),
    reason: text,
    requested_by: optional(name),
    identity_verified: flag.meta({
      description: "False: there are doubts who asks (Art. 12(6)); the deadline runs all the same.",
    }),
    received_at: optional(time),
  })
  .meta({ id: "RequestGDPRDeletion" });

export const requestAccess = z
  .strictObject({
    subject_id: z.string().min(1).max(1024),
    requested_by: optional(name),
    received_at: optional(time),
  })
  .meta({ id: "RequestSubjectAccess" });

/** Grounds on which a request is put on hold: restriction, or an exception from erasure. */
const HOLD_GROUNDS = [
  "Art. 18(1)(a)",
  "Art. 18(1)(b)",
  "Art. 18(1)(c)",
  "Art. 18(1)(d)",
  "Art. 17(3)(a)",
  "Art. 17(3)(b)",
  "Art. 17(3)(c)",
  "Art. 17(3)(d)",
  "Art. 17(3)(e)",
] as const;

const REJECT_GROUNDS = [
  ...HOLD_GROUNDS.filter((ground) => ground.startsWith("Art. 17(3)")),
  "Art. 12(2)",
  "Art. 12(5)",
  "Art. 12(6)",
] as const;

export const holdDeletion = z
  .strictObject({ reason: text, ground: optional(z.enum(HOLD_GROUNDS)), until: optional(time) })
  .meta({ id: "HoldDeletion" });

export const rejectDeletion = z
  .strictObject({ reason: text, ground: optional(z.enum(REJECT_GROUNDS)) })
  .meta({ id: "RejectDeletion" });

export const rejectAccess = z
  .strictObject({
    reason: text,
    ground: optional(z.enum(["Art. 12(2)", "Art. 12(5)", "Art. 12(6)"])),
  })
  .meta({ id: "RejectSubjectAccess" });

const withheld = z.strictObject({
  dataset: datasetName,
  ground: z.enum(HOLD_GROUNDS.filter((ground) => ground.startsWith("Art. 17(3)"))),
  until: time,
});

export const executeDeletion = z
  .strictObject({
    reason: optional(text),
    withhold: optional(
      z
        .array(withheld)
        .max(MAX_WITHHELD)
        .refine(
          (all) => new Set(all.map(({ dataset }) => dataset)).size === all.length,
          "names a dataset twice",
        ),
    ).meta({
      description: "Datasets whose rows of the person are kept until a time (Art. 17(3) GDPR).",
    }),
  })
  .meta({ id: "ExecuteDeletion" });

export const noteIdentity = z
  .strictObject({ reason: text, verified: z.boolean() })
  .meta({ id: "NoteDeletionIdentity" });

/** Lethe's own names are nobody's: whoever were a member under one could never come. */
const grantee = subject.refine((named) => !isReserved(named), "is Lethe's own name");

export const grantMember = z.strictObject({ subject: grantee, roles }).meta({ id: "GrantMember" });

export const issueToken = z
  .strictObject({ name, roles, expires_at: time })
  .meta({ id: "IssueToken" });
