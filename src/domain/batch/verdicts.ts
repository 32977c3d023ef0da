/** What a pass over the rows has found, as the events that say so. */
import type { Contract, ContractState } from "../contract/contract.ts";
import { ok, type Result } from "../decider.ts";
import type { Rejection } from "../rejection.ts";
import { describeIssue } from "../table.ts";
import type { Batch } from "./batch.ts";
import type { Misfit } from "./commands.ts";
import type { BatchEvent, Breach, QualityCheck } from "./events.ts";

export const schemaVerdict = (misfit: Misfit | null, contract: Contract): readonly BatchEvent[] =>
  misfit
    ? misfitEvents(misfit, contract)
    : [{ type: "SchemaValidated", data: { schema: contract.schema } }];

/**
 * What was decided on a pass over a file that fitted nothing before, and that it fits now: it was
 * read whole under the contract as it stands.
 */
export const readAnew = (
  { schema }: Batch,
  contract: ContractState,
  decided: Result<readonly BatchEvent[], Rejection>,
): Result<readonly BatchEvent[], Rejection> => {
  if (schema !== null || contract.status === "absent" || !decided.ok) return decided;
  return ok([{ type: "SchemaValidated", data: { schema: contract.schema } }, ...decided.value]);
};

/** A file that does not fit: why, and into quarantine with it. */
export const misfitEvents = (misfit: Misfit, contract: ContractState): readonly BatchEvent[] => {
  const { issues, issue_count } = misfit;
  const first = issues[0];
  const more = issue_count > 1 ? ` (and ${issue_count - 1} more)` : "";
  const why = first ? describeIssue(first) : "it cannot be read";
  const reason = `The file does not fit the contract's schema: ${why}${more}`;
  const contract_version = contract.status === "absent" ? null : contract.version;
  return [
    { type: "SchemaValidationFailed", data: { reason, issues, issue_count, contract_version } },
    { type: "BatchQuarantined", data: { cause: "schema", reason } },
  ];
};

/** Of datetimes that say more than Lethe's own can hold. */
export const cutWarning = (cut_datetimes: number): { readonly warnings?: readonly string[] } => {
  if (cut_datetimes === 0) return {};
  const [count, says] =
    cut_datetimes === 1 ? ["1 datetime", "says"] : [`${cut_datetimes} datetimes`, "say"];
  return {
    warnings: [
      `${count} ${says} something beyond microseconds: it is cut in all that is made of the batch.`,
    ],
  };
};

export const failure = (breaches: readonly Breach[]): string =>
  `Quality check failed: ${breaches
    .filter(({ effect }) => effect === "batch")
    .map(({ column, rule, failures }) => `${column} ${rule} (${failures} rows)`)
    .join(", ")}`;

export const warningsOf = ({
  breaches,
  unique,
}: Pick<QualityCheck, "breaches" | "unique">): readonly string[] => [
  ...breaches
    .filter(({ effect }) => effect === "warn")
    .map(({ column, rule, failures }) => `${column} ${rule}: ${failures} rows fail`),
  ...(unique && unique.not_compared_batches > 0
    ? [
        `unique_in_dataset was not compared with ${unique.not_compared_batches} published batches: ` +
          "they were checked before there was such a rule. POST /replay makes them comparable.",
      ]
    : []),
];
