/**
 * Columns that look like personal data, held against what was said of them: what nobody declared is
 * warned of and, at level strict, stays in quarantine until a person has decided. Asked when a file
 * is appended and again whenever it is published, because levels are raised and rules change.
 */
import type { Contract, ContractState } from "../contract/contract.ts";
import type { Dataset, DatasetState } from "../dataset/dataset.ts";
import { ok, type Result } from "../decider.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { type Rejection, reject } from "../rejection.ts";
import { describeSuspicion, type Suspicion } from "../suspicion.ts";
import { type Batch, progressOf } from "./batch.ts";
import type { AppendData } from "./commands.ts";
import type { BatchContext } from "./decide.ts";
import type { BatchEvent, RawRules } from "./events.ts";
import { protecting } from "./protection.ts";

interface Said {
  readonly lake: ActiveLake;
  readonly dataset: Dataset;
  readonly contract: Contract;
}

/** The code by which a publication is refused for the columns it would show. */
export const PERSONAL_DATA_SUSPECTED = "personal-data-suspected";

/**
 * What the append of a file has to say of its suspicious columns; nothing when the contract
 * protects each of them. A file that does not fit is in quarantine already, for that reason.
 */
export const suspicionEvents = (
  { suspicions, misfit }: AppendData["taken"],
  said: Said,
): readonly BatchEvent[] => {
  const columns = undeclared(suspicions, said.contract.privacy_rules, said);
  if (columns.length === 0) return [];
  const suspected = suspectedOf(columns, said);
  return misfit === null ? [suspected, ...keptBack(columns, said)] : [suspected];
};

/**
 * What the release of a file that did not fit has to say of its suspicious columns: at level strict
 * they are a reason of their own to stay in quarantine, which nobody has decided on yet.
 */
export const suspectedStill = (batch: Batch, said: Said): readonly BatchEvent[] => {
  const columns = undecided(batch, said.contract.privacy_rules, said);
  const kept = keptBack(columns, said);
  if (kept.length === 0) return [];
  const told = new Set(batch.suspicions.map(({ column }) => column));
  const news = columns.length !== told.size || columns.some(({ column }) => !told.has(column));
  return [...(news ? [suspectedOf(columns, said)] : []), ...kept];
};

/**
 * Whether what comes out under these privacy rules may be published, and with which warnings.
 * Refused at level strict, with PERSONAL_DATA_SUSPECTED, when a column looks like personal data
 * that was not declared and that nobody has let go on.
 */
export const admitSuspicions = (
  batch: Batch,
  rules: RawRules,
  context: Omit<BatchContext, "dataset" | "contract"> & {
    readonly dataset: DatasetState;
    readonly contract: ContractState;
  },
): Result<readonly string[], Rejection> => {
  const { lake, dataset, contract } = context;
  if (dataset.status === "absent" || contract.status === "absent") return ok([]);
  const said = { lake, dataset, contract };
  const columns = undecided(batch, rules, said);
  if (!isKept(columns, said)) return ok(columns.map((column) => warningOf(column, said)));
  return reject(
    "compliance",
    PERSONAL_DATA_SUSPECTED,
    `${reasonOf(columns)}. Have contract ${contract.contract_id} or a privacy run protect them, or ` +
      `POST /release-batch with the reason why batch ${batch.batch_id} may go on.`,
  );
};

/** Into quarantine with what may not be published for its columns. */
export const keepBack = (
  batch: Batch,
  { lake, dataset, contract }: BatchContext,
): Result<readonly BatchEvent[], Rejection> => {
  const progress = progressOf(batch);
  const run = "privacy" in progress ? progress.privacy : null;
  if (
    batch.progress.status !== "quarantined" &&
    progress.status !== "published" &&
    dataset.status !== "absent" &&
    contract.status !== "absent"
  ) {
    const said = { lake, dataset, contract };
    const columns = undecided(batch, run?.rules ?? contract.privacy_rules, said);
    const kept = keptBack(columns, said);
    if (kept.length > 0) return ok([suspectedOf(columns, said), ...kept]);
  }
  return reject(
    "wrong_state",
    "changed-meanwhile",
    `Batch ${batch.batch_id} or what is said of it has changed meanwhile; ask again.`,
  );
};

const suspectedOf = (columns: readonly Suspicion[], said: Said): BatchEvent => ({
  type: "PersonalDataSuspected",
  data: { columns, warnings: columns.map((column) => warningOf(column, said)) },
});

const warningOf = (suspicion: Suspicion, { dataset, contract }: Said): string =>
  dataset.contains_pii === true
    ? `Column ${describeSuspicion(suspicion)} looks like personal data and contract ` +
      `${contract.contract_id} has no privacy rule for it.`
    : `Column ${describeSuspicion(suspicion)} looks like personal data, which nobody has ` +
      `declared: dataset ${dataset.name} has no contains_pii, contract ` +
      `${contract.contract_id} no privacy rule for it.`;

const isKept = (columns: readonly Suspicion[], { lake, dataset }: Said): boolean =>
  columns.length > 0 && dataset.contains_pii !== true && lake.compliance_level === "strict";

const reasonOf = (columns: readonly Suspicion[]): string =>
  "Columns look like personal data that nobody has declared: " +
  columns.map(describeSuspicion).join(", ");

const keptBack = (columns: readonly Suspicion[], said: Said): readonly BatchEvent[] =>
  isKept(columns, said)
    ? [{ type: "BatchQuarantined", data: { cause: "personal_data", reason: reasonOf(columns) } }]
    : [];

/** A rule `keep` protects nothing; whoever named the subject's column has declared it. */
const undeclared = (
  suspicions: readonly Suspicion[],
  privacy_rules: RawRules,
  { dataset }: Said,
): readonly Suspicion[] => {
  const rules = protecting(privacy_rules);
  return suspicions.filter(
    ({ column }) => column !== dataset.subject_column && !Object.hasOwn(rules, column),
  );
};

/** Those of a batch that nobody has declared, nor looked at and let go on. */
const undecided = (
  { looks_personal, cleared_columns }: Batch,
  rules: RawRules,
  said: Said,
): readonly Suspicion[] =>
  undeclared(looks_personal, rules, said).filter(({ column }) => !cleared_columns.includes(column));
