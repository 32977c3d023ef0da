/** Registering datasets, recording what was ingested elsewhere, and their schema versions. */

import { assertNever, ok, type Result } from "../decider.ts";
import type { DatasetName } from "../ids.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import type { Schema } from "../table.ts";
import { type Dataset, type DatasetEvent, type DatasetState, sameSchema } from "./dataset.ts";
import { subjectTypeRefused } from "./subjectColumn.ts";

export interface RegisterDataset {
  readonly type: "RegisterDataset";
  readonly name: DatasetName;
  readonly schema: Schema;
  readonly description: string | null;
  readonly contains_pii: boolean | null;
  readonly encryption_enabled: boolean;
  readonly subject_column: string | null;
}

export interface IngestDataset {
  readonly type: "IngestDataset";
  readonly dataset_id: DatasetName;
  readonly data_source: string;
  readonly record_count: number;
  readonly contains_pii: boolean | null;
}

export interface ActivateDatasetVersion {
  readonly type: "ActivateDatasetVersion";
  readonly dataset: DatasetName;
  readonly version: number;
}

export interface DeprecateDataset {
  readonly type: "DeprecateDataset";
  readonly dataset: DatasetName;
}

export type DatasetCommand =
  | RegisterDataset
  | IngestDataset
  | ActivateDatasetVersion
  | DeprecateDataset;

export interface DatasetContext {
  readonly lake: ActiveLake;
}

/**
 * Rejects with `already_exists` a name that is taken, with `not_found` an unknown dataset or
 * version, with `wrong_state` work on a deprecated one, with `compliance` what the lake's level
 * forbids: personal data nobody declared (gdpr, strict) or data without encryption (strict).
 */
export const decideDataset = (
  command: DatasetCommand,
  state: DatasetState,
  context: DatasetContext,
): Result<readonly DatasetEvent[], Rejection> => {
  switch (command.type) {
    case "RegisterDataset":
      return register(command, state, context);
    case "IngestDataset":
      return ingest(command, state, context);
    case "ActivateDatasetVersion": {
      if (state.status === "absent") return unknownDataset(command.dataset);
      if (state.status === "deprecated") return deprecated(command.dataset);
      if (!state.schema_versions.some(({ version }) => version === command.version)) {
        return unknownVersion(state, command.version);
      }
      if (state.active_version === command.version) return ok([]);
      const lacking = lacksSubject(command, state);
      if (lacking) return lacking;
      return ok([{ type: "DatasetVersionActivated", data: { version: command.version } }]);
    }
    case "DeprecateDataset":
      if (state.status === "absent") return unknownDataset(command.dataset);
      return ok(state.status === "deprecated" ? [] : [{ type: "DatasetDeprecated", data: {} }]);
    default:
      return assertNever(command);
  }
};

export const unknownVersion = ({ name, schema_versions }: Dataset, version: number) =>
  reject(
    "not_found",
    "schema-version-not-found",
    `Dataset ${name} has no schema version ${version}; ` +
      `it has ${schema_versions.map((known) => known.version).join(", ")}.`,
  );

/** Contracts are defined under the active version, and each has the column that names the person. */
const lacksSubject = (
  { version, dataset }: ActivateDatasetVersion,
  { schema_versions, subject_column }: Dataset,
): Result<never, Rejection> | null => {
  const schema = schema_versions.find((known) => known.version === version)?.schema ?? {};
  if (subject_column === null || Object.hasOwn(schema, subject_column)) return null;
  return reject(
    "wrong_state",
    "subject-column-missing",
    `Schema version ${version} of dataset ${dataset} lacks ${subject_column}, the column that ` +
      "names its persons.",
  );
};

const register = (
  command: RegisterDataset,
  state: DatasetState,
  { lake }: DatasetContext,
): Result<readonly DatasetEvent[], Rejection> => {
  if (state.status !== "absent") {
    return reject(
      "already_exists",
      "dataset-exists",
      `Dataset ${command.name} is registered already: a change of its schema comes with a contract, ` +
        `POST /datasets/${command.name}/amend changes description, contains_pii and subject_column.`,
    );
  }
  if (lake.compliance_level === "strict" && !command.encryption_enabled) {
    return encryptionRequired();
  }
  const { subject_column, schema } = command;
  if (subject_column !== null && !Object.hasOwn(schema, subject_column)) {
    return unknownSubject(subject_column);
  }
  const shared = subject_column && subjectTypeRefused(subject_column, schema[subject_column]);
  if (shared) return shared;
  const { type: _, ...data } = command;
  return ok([{ type: "DatasetRegistered", data }]);
};

const ingest = (
  command: IngestDataset,
  state: DatasetState,
  { lake }: DatasetContext,
): Result<readonly DatasetEvent[], Rejection> => {
  if (state.status === "deprecated") return deprecated(command.dataset_id);
  const pii = command.contains_pii ?? (state.status === "absent" ? null : state.contains_pii);
  const flag = piiFlag(lake, pii, command.dataset_id);
  if (!flag.ok) return flag;
  if (lake.compliance_level === "strict") {
    if (state.status === "absent") return encryptionRequired();
    if (!state.encryption_enabled) return notEncrypted(command.dataset_id);
  }
  const { type: _, ...manifest } = command;
  const registered: DatasetEvent = {
    type: "DatasetRegistered",
    data: {
      name: command.dataset_id,
      schema: {},
      description: null,
      contains_pii: command.contains_pii,
      encryption_enabled: false,
      subject_column: null,
    },
  };
  const ingested: DatasetEvent = {
    type: "DatasetIngested",
    data: { ...manifest, warnings: flag.value },
  };
  return ok(state.status === "absent" ? [registered, ingested] : [ingested]);
};

export const unknownSubject = (column: string) =>
  reject("invalid", "unknown-column", "The subject column is not in the schema.", [
    { path: "subject_column", message: `the schema has no column ${column}` },
  ]);

/**
 * Whether data may come in with this declaration of personal data, and with which warnings.
 * At level gdpr and above the declaration is required; at level standard personal data is taken
 * with a warning.
 */
export const piiFlag = (
  lake: ActiveLake,
  containsPii: boolean | null,
  dataset: string,
): Result<readonly string[], Rejection> => {
  if (lake.compliance_level !== "standard") {
    return containsPii === null
      ? reject(
          "compliance",
          "pii-flag-required",
          `PII flag required for GDPR: say whether dataset ${dataset} contains personal data ` +
            `(contains_pii), when it is registered or by POST /datasets/${dataset}/amend.`,
        )
      : ok([]);
  }
  return ok(
    containsPii
      ? [
          "This batch contains personal data and the lake's compliance level is standard: " +
            "raise it to gdpr to have deletion requests and enforced anonymisation.",
        ]
      : [],
  );
};

/** The next schema version, or nothing when the dataset knows this schema already. */
export const schemaVersion = (
  dataset: Extract<DatasetState, { schema_versions: unknown }>,
  schema: Schema,
  contract_id: string,
): readonly DatasetEvent[] => {
  if (dataset.schema_versions.some((known) => sameSchema(known.schema, schema))) return [];
  const version = Math.max(...dataset.schema_versions.map((known) => known.version)) + 1;
  return [
    { type: "SchemaVersionUpdated", data: { dataset: dataset.name, version, schema, contract_id } },
  ];
};

export const unknownDataset = (name: string) =>
  reject("not_found", "dataset-not-found", `There is no dataset ${name} in this lake.`);

export const deprecated = (name: string) =>
  reject("wrong_state", "dataset-deprecated", `Dataset ${name} is deprecated: nothing is added.`);

const encryptionRequired = () =>
  reject(
    "compliance",
    "encryption-required",
    "Encryption required: at level strict a dataset is registered with encryption_enabled " +
      "(POST /datasets), before anything comes into it.",
  );

/** Nothing of it moves at level strict any more; what was written in clear is not sealed later. */
export const notEncrypted = (name: string) =>
  reject(
    "compliance",
    "encryption-required",
    `Encryption required: dataset ${name} has no encryption_enabled, so at level strict nothing ` +
      "comes into it and nothing leaves it. Register another dataset with encryption_enabled and " +
      "append its data there.",
  );
