/**
 * Columns that look like personal data, held against what was said of them: what nobody declared is
 * warned of and, at level strict, stays in quarantine until a person has decided.
 */
import type { Contract } from "../contract/contract.ts";
import type { Dataset } from "../dataset/dataset.ts";
import type { ActiveLake } from "../lake/lake.ts";
import { describeSuspicion, type Suspicion } from "../suspicion.ts";
import type { AppendData } from "./commands.ts";
import type { BatchEvent } from "./events.ts";
import { protecting } from "./protection.ts";

interface Said {
  readonly lake: ActiveLake;
  readonly dataset: Dataset;
  readonly contract: Contract;
}

/**
 * What the append of a file has to say of its suspicious columns; nothing when the contract
 * protects each of them. A file that does not fit is in quarantine already, for that reason.
 */
export const suspicionEvents = (
  { suspicions, misfit }: AppendData["taken"],
  said: Said,
): readonly BatchEvent[] => {
  const columns = undeclared(suspicions, said);
  if (columns.length === 0) return [];
  const { dataset, contract } = said;
  const declared = dataset.contains_pii === true;
  const warnings = columns.map((suspicion) =>
    declared
      ? `Column ${describeSuspicion(suspicion)} looks like personal data and contract ` +
        `${contract.contract_id} has no privacy rule for it.`
      : `Column ${describeSuspicion(suspicion)} looks like personal data, which nobody has ` +
        `declared: dataset ${dataset.name} has no contains_pii, contract ` +
        `${contract.contract_id} no privacy rule for it.`,
  );
  const suspected: BatchEvent = { type: "PersonalDataSuspected", data: { columns, warnings } };
  return misfit === null ? [suspected, ...keptBack(columns, said)] : [suspected];
};

/**
 * What the release of a file that did not fit has to say of its suspicious columns: at level strict
 * they are a reason of their own to stay in quarantine, which nobody has decided on yet.
 */
export const suspectedStill = (
  suspicions: readonly Suspicion[],
  said: Said,
): readonly BatchEvent[] => keptBack(undeclared(suspicions, said), said);

const keptBack = (
  columns: readonly Suspicion[],
  { lake, dataset }: Said,
): readonly BatchEvent[] => {
  const declared = dataset.contains_pii === true;
  if (columns.length === 0 || declared || lake.compliance_level !== "strict") return [];
  const reason =
    "Columns look like personal data that nobody has declared: " +
    columns.map(describeSuspicion).join(", ");
  return [{ type: "BatchQuarantined", data: { cause: "personal_data", reason } }];
};

/** A rule `keep` protects nothing; whoever named the subject's column has declared it. */
const undeclared = (
  suspicions: readonly Suspicion[],
  { dataset, contract }: Said,
): readonly Suspicion[] => {
  const rules = protecting(contract.privacy_rules);
  return suspicions.filter(
    ({ column }) => column !== dataset.subject_column && !Object.hasOwn(rules, column),
  );
};
