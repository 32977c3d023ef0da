/**
 * A lake's level raised, with what follows for its contracts in the same transaction: what was approved
 * by whoever had made it counts no more where that takes two.
 */
import { decideContract } from "../domain/contract/decide.ts";
import { ok, type Result } from "../domain/decider.ts";
import { type ChangeComplianceLevel, decideLake } from "../domain/lake/decide.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Decision, MakeChange } from "./commands.ts";
import type { Reader } from "./reader.ts";

export const changeLevel = (
  command: ChangeComplianceLevel,
  lake: ActiveLake,
  read: Reader,
  change: MakeChange,
): Result<Decision, Rejection> => {
  const decided = decideLake(command, lake);
  if (!decided.ok) return decided;
  const changes = [change("lake", decided.value)];
  for (const contract_id of command.self_approved ?? []) {
    const revocation = { type: "RevokeApproval", contract_id } as const;
    const contract = read.contract(contract_id);
    const revoked = decideContract(revocation, contract, { dataset: { status: "absent" } });
    if (!revoked.ok) return revoked;
    changes.push(change(`contract/${contract_id}`, revoked.value));
  }
  return ok(changes);
};
