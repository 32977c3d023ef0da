/** What a publication has to hold of k-anonymity, as it is planned: what is counted, and by what. */
import type { RawRules } from "../domain/batch/events.ts";
import { strategyOf } from "../domain/batch/protection.ts";
import type { Contract } from "../domain/contract/contract.ts";
import type { Dataset } from "../domain/dataset/dataset.ts";
import { peopleColumn } from "../domain/rules/kAnonymity.ts";
import type { Schema } from "../domain/table.ts";
import { cleanKey } from "./objectKeys.ts";
import type { Gate } from "./workPlan.ts";

/** The gate before publication, if the contract demands one. */
export const gateOf = (
  { k_anonymity: demand }: Pick<Contract, "k_anonymity">,
  people_by: string | null,
  clean_key: string | null,
  ...place: Parameters<typeof cleanKey>
): Gate | null => {
  if (demand === null) return null;
  const rewrites = demand.on_violation === "suppress" && clean_key === null;
  return { demand, people_by, pass_key: rewrites ? cleanKey(...place) : null };
};

/** The column by which people are counted in what is published under these strategies. */
export const peopleIn = (
  { subject_column }: Pick<Dataset, "subject_column">,
  schema: Schema,
  privacy: RawRules,
): string | null => peopleColumn(subject_column, schema, (column) => strategyOf(privacy[column]));
