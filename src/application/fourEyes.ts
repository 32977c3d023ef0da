/**
 * Four eyes: at level strict whoever made something does not approve it. A token's eyes are those of
 * the person who issued it. Who made it is read from the log, where it cannot be changed.
 */

import { approvedBy } from "../domain/contract/contract.ts";
import type { ContractId } from "../domain/ids.ts";
import { SYSTEM_ACTOR, tokenOfActor } from "../domain/member/subject.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { Command } from "./commands.ts";
import { directoryEntries } from "./directoryEntries.ts";
import type { EventLog, StoredEvent } from "./ports.ts";
import { type Reader, reader } from "./reader.ts";

const PAGE = 1000;

/** The last event of a stream, up to one it has, that is of the kind looked for. */
const lastOf = (
  log: EventLog,
  stream: StoredEvent["stream"],
  wanted: (event: StoredEvent) => boolean,
): StoredEvent | null => {
  let found: StoredEvent | null = null;
  let after = 0;
  for (;;) {
    const page = log.read({ stream, after, limit: PAGE });
    found = page.filter(wanted).at(-1) ?? found;
    const last = page.at(-1);
    if (last === undefined) return found;
    after = last.seq;
  }
};

const oneOf =
  (...types: readonly string[]) =>
  ({ type }: StoredEvent): boolean =>
    types.includes(type);

/** Who made what the command approves: the actor on record, or null when it approves nothing. */
const makerOf = (log: EventLog, command: Command): string | null => {
  switch (command.type) {
    case "ApproveContract": {
      const made = oneOf("DataContractDefined", "DataContractUpdated");
      return lastOf(log, `contract/${command.contract_id}`, made)?.actor ?? null;
    }
    case "ExecuteDeletion": {
      const made = oneOf("GDPRDeletionRequested");
      return lastOf(log, `deletion/${command.deletion_id}`, made)?.actor ?? null;
    }
    case "ApprovePrivacyRun": {
      const stream = `batch/${command.batch_id}` as const;
      const proposed = lastOf(
        log,
        stream,
        ({ type, data }) => type === "PrivacyRunProposed" && data.run_id === command.run_id,
      );
      if (proposed?.actor !== SYSTEM_ACTOR) return proposed?.actor ?? null;
      // The run over a large file is recorded by the lake, for whoever began it.
      const begun = lastOf(
        log,
        stream,
        ({ type, seq }) => type === "BatchWorkStarted" && seq < proposed.seq,
      );
      return begun?.actor ?? null;
    }
    default:
      return null;
  }
};

const personBehind = (read: Reader, actor: string): string => {
  const token_id = tokenOfActor(actor);
  const token = token_id === null ? null : read.token(token_id);
  return token && token.status !== "absent" ? token.issued_by : actor;
};

/** `person`: who answers for the command; null where nobody is told apart. */
export const fourEyes = (
  log: EventLog,
  command: Command,
  person: string | null,
): Rejection | null => {
  if (person === null) return null;
  const read = reader(log);
  const lake = read.lake();
  if (lake.status === "absent" || lake.compliance_level !== "strict") return null;
  const maker = makerOf(log, command);
  if (maker === null || personBehind(read, maker) !== person) return null;
  return reject(
    "forbidden",
    "four-eyes",
    "At level strict somebody else approves this: it was you who made it.",
  ).error;
};

/** Contracts that count as approved, and were by whoever had made them as they are now. */
export const selfApproved = (log: EventLog): readonly ContractId[] => {
  const read = reader(log);
  const ids: ContractId[] = [];
  for (const { id } of directoryEntries(log, { kind: "contract" })) {
    const contract = read.contract(id);
    if (contract.status === "absent" || approvedBy(contract) === null) continue;
    const { contract_id } = contract;
    const maker = makerOf(log, { type: "ApproveContract", contract_id, approver: "" });
    const approved = lastOf(log, `contract/${contract_id}`, oneOf("DataContractApproved"));
    const eyes = [maker, approved?.actor ?? null].map((one) => one && personBehind(read, one));
    if (eyes[0] === eyes[1]) ids.push(contract_id);
  }
  return ids;
};
