/**
 * What an answer warns of besides what its events do: where the lake's data cannot give what the
 * command promises a person. Names of datasets, no personal data.
 */
import type { RegisterDataset } from "../domain/dataset/decide.ts";
import { isOpen } from "../domain/deletion/deletion.ts";
import type { Command } from "./commands.ts";
import { searchedWarnings } from "./notSearched.ts";
import type { EventLog, StoredEvent } from "./ports.ts";
import { reader } from "./reader.ts";

/** Must run in the turn that commits the command, behind the commit. */
export const searchWarnings = (
  log: EventLog,
  command: Command,
  events: readonly StoredEvent[],
): readonly string[] => {
  switch (command.type) {
    case "RegisterDataset":
      return events.length === 0 ? [] : nobodyNamed(log, command);
    case "ExecuteDeletion": {
      const open = isOpen(reader(log).deletion(command.deletion_id));
      return open ? searchedWarnings(log) : [];
    }
    case "RequestGDPRDeletion":
    case "RequestSubjectAccess":
      return searchedWarnings(log);
    default:
      return [];
  }
};

/** A lake of level standard takes no requests to be forgotten: it warns of personal data itself. */
const nobodyNamed = (
  log: EventLog,
  { name, contains_pii, subject_column }: RegisterDataset,
): readonly string[] => {
  const lake = reader(log).lake();
  const asked = lake.status !== "absent" && lake.compliance_level !== "standard";
  if (!asked || contains_pii !== true || subject_column !== null) return [];
  return [
    `Dataset ${name} holds personal data and names no subject_column: requests to be forgotten and ` +
      "for access will not search it, and their certificates and files will say so, until " +
      `POST /datasets/${name}/amend names the column.`,
  ];
};
