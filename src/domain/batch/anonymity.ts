/**
 * The gate of k-anonymity: whether a publication holds what its contract demands. Asked when a
 * batch is published, when it is replayed, and when it is handed out.
 */
import type { Contract, ContractState } from "../contract/contract.ts";
import { ok, type Result } from "../decider.ts";
import { type Rejection, reject } from "../rejection.ts";
import { covers, type KAnonymityFinding } from "../rules/kAnonymity.ts";
import type { Publication } from "./events.ts";

type Counted = Pick<Publication, "k_anonymity" | "suppressed_rows">;

/** Rows of groups that are too small and were not left out. */
const singledOut = ({ k_anonymity, suppressed_rows }: Counted): number =>
  (k_anonymity?.rows_below_k ?? 0) - suppressed_rows;

/** Whether publishing it would single somebody out. */
export const violates = (publication: Counted): boolean => singledOut(publication) > 0;

const over = ({ k, columns }: KAnonymityFinding): string => `k = ${k} over ${columns.join(", ")}`;

const unit = ({ counted, smallest_group }: KAnonymityFinding): string => {
  if (counted !== "people") return "rows";
  return smallest_group === 1 ? "person" : "people";
};

/** What is wrong with it, in sizes of groups. */
export const violation = (finding: KAnonymityFinding): string =>
  `k-anonymity is violated (${over(finding)}): of ${finding.groups} groups ` +
  `${finding.groups_below_k} are smaller than ${finding.k}, the smallest has ` +
  `${finding.smallest_group} ${unit(finding)}; ${finding.rows_below_k} rows are in such groups`;

/**
 * Whether a publication may stand under this contract, and with which warnings. Rejects with
 * `compliance` what singles somebody out, with `wrong_state` what was counted otherwise than the
 * contract demands by now.
 */
export const admitAnonymity = (
  contract: Contract,
  publication: Counted,
  subject_column: string | null,
): Result<readonly string[], Rejection> => {
  const { k_anonymity: finding, suppressed_rows } = publication;
  if (!covers(finding, contract.k_anonymity)) {
    return reject(
      "wrong_state",
      "changed-meanwhile",
      `Contract ${contract.contract_id} demands another k-anonymity by now; ask again.`,
    );
  }
  if (finding === null) return ok([]);
  if (violates(publication)) {
    const { smallest_group, groups, groups_below_k, rows_below_k } = finding;
    const advice = "generalize or suppress these columns, or let the contract suppress the rows.";
    return reject(
      "compliance",
      "k-anonymity-violated",
      `${violation(finding)}. Nothing was published: ${advice}`,
      [{ path: "k_anonymity", message: over(finding) }],
      { smallest_group: smallest_group ?? 0, groups, groups_below_k, rows_below_k },
    );
  }
  return ok([
    ...(suppressed_rows > 0
      ? [
          `${suppressed_rows} rows were left out for k-anonymity (${over(finding)}): their groups ` +
            "are too small.",
        ]
      : []),
    ...(subject_column !== null && finding.counted !== "people"
      ? [
          `k-anonymity was counted in rows: by what is published of column ${subject_column} nobody ` +
            "can be told from anybody else, so several rows of a group may be one person's.",
        ]
      : []),
  ]);
};

/** What was published before the contract demanded this much is handed out no more. */
export const admitGrouped = (
  batch_id: string,
  publication: Counted,
  contract: ContractState,
): Result<readonly string[], Rejection> => {
  if (contract.status === "absent" || covers(publication.k_anonymity, contract.k_anonymity)) {
    return ok([]);
  }
  return reject(
    "wrong_state",
    "replay-required",
    `Contract ${contract.contract_id} demands a k-anonymity that batch ${batch_id} was not held to ` +
      "when it was published: nothing of it is handed out until POST /replay has derived it anew.",
  );
};
