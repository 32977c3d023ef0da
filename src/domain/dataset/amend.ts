/**
 * Amending what was said of a dataset when it was registered: what it is about, that it holds
 * personal data, and which column names the person. Nothing that would make what is there less
 * protected can be said later.
 */
import { ok, type Result } from "../decider.ts";
import type { DatasetName } from "../ids.ts";
import { type Issue, type Rejection, reject } from "../rejection.ts";
import type { Schema } from "../table.ts";
import {
  type Amendment,
  activeSchema,
  type Dataset,
  type DatasetEvent,
  type DatasetState,
} from "./dataset.ts";
import { unknownDataset, unknownSubject } from "./decide.ts";
import { subjectTypeRefused } from "./subjectColumn.ts";

/** Null: as it was. */
export interface AmendDataset {
  readonly type: "AmendDataset";
  readonly dataset: DatasetName;
  readonly description: string | null;
  readonly contains_pii: boolean | null;
  readonly subject_column: string | null;
}

export interface AmendContext {
  /** Contracts about the dataset that are not deprecated. */
  readonly contracts: readonly { readonly contract_id: string; readonly schema: Schema }[];
  /** Whether it holds a batch, or one is on its way. */
  readonly has_batches: boolean;
  /**
   * What rests, from its beginning to its end, on which column names the person, and is under way:
   * the beginning of a sentence. Null: nothing.
   */
  readonly under_way: string | null;
}

/**
 * Rejects with `not_found` an unknown dataset, with `invalid` a subject column that its schema or a
 * contract lacks, or has as a type that names nobody for certain, with `wrong_state` personal data
 * that is to be none any more, another subject column of a dataset with batches, and one that is set
 * in the middle of something.
 *
 * No level refuses an amendment, not even strict of a dataset without encryption: it brings no data
 * in, and whoever is in the data that is there is to be found.
 */
export const amendDataset = (
  command: AmendDataset,
  state: DatasetState,
  context: AmendContext,
): Result<readonly DatasetEvent[], Rejection> => {
  if (state.status === "absent") return unknownDataset(command.dataset);
  if (command.contains_pii === false && state.contains_pii === true) return staysPersonal(state);
  const changed = changedBy(command, state);
  const refused =
    changed.subject_column === undefined
      ? null
      : subjectRefused(changed.subject_column, state, context);
  if (refused) return refused;
  const same = Object.keys(changed).length === 0;
  return ok(same ? [] : [{ type: "DatasetAmended", data: changed }]);
};

const changedBy = (
  { description, contains_pii, subject_column }: AmendDataset,
  before: Dataset,
): Amendment => ({
  ...(description === null || description === before.description ? {} : { description }),
  ...(contains_pii === null || contains_pii === before.contains_pii ? {} : { contains_pii }),
  ...(subject_column === null || subject_column === before.subject_column
    ? {}
    : { subject_column }),
});

const staysPersonal = ({ name }: Dataset) =>
  reject(
    "wrong_state",
    "personal-data-declared",
    `Dataset ${name} was declared to hold personal data, and what it holds does not become harmless ` +
      "by saying so: register another dataset for data without any.",
  );

const subjectRefused = (
  column: string,
  dataset: Dataset,
  { contracts, has_batches, under_way }: AmendContext,
): Result<never, Rejection> | null => {
  const { name, subject_column: before } = dataset;
  if (!Object.hasOwn(activeSchema(dataset), column)) return unknownSubject(column);
  // What is deprecated takes nothing in any more, and cannot be changed.
  const asked = dataset.status === "active" ? contracts : [];
  const lacking = asked.filter(({ schema }) => !Object.hasOwn(schema, column));
  if (lacking.length > 0) return notInContracts(column, lacking);
  for (const schema of [activeSchema(dataset), ...asked.map((contract) => contract.schema)]) {
    const shared = subjectTypeRefused(column, schema[column]);
    if (shared) return shared;
  }
  if (before !== null && has_batches) {
    return reject(
      "wrong_state",
      "subject-column-set",
      `The persons of dataset ${name} are named by its column ${before}, and it has batches: ` +
        "another column can be named only while it has none.",
    );
  }
  if (under_way === null) return null;
  return reject(
    "wrong_state",
    "subject-column-in-use",
    `${under_way}: by which column the persons of dataset ${name} are named stays as it is until ` +
      "that has ended. Ask again then.",
  );
};

const notInContracts = (
  column: string,
  lacking: AmendContext["contracts"],
): Result<never, Rejection> => {
  const names = lacking.map(({ contract_id }) => contract_id);
  const issues: readonly Issue[] = names.map((contract_id) => ({
    path: "subject_column",
    message: `contract ${contract_id} has no such column`,
  }));
  return reject(
    "invalid",
    "unknown-column",
    `Contract ${names[0]} has no column ${column}: PUT /contracts/${names[0]} with a schema that has ` +
      "it, or deprecate it, first.",
    issues,
  );
};
