/**
 * What an answer warns of: what its events say, and what follows for this lake from something that is
 * right in itself, so that nobody finds out later.
 */
import type { Amendment } from "../domain/dataset/dataset.ts";
import { restricts } from "../domain/deletion/deletion.ts";
import { actorsInClear } from "./clearTexts.ts";
import type { Command } from "./commands.ts";
import { directoryEntries } from "./directoryEntries.ts";
import type { EventLog, StoredEvent } from "./ports.ts";
import { hasBatches } from "./presentBatches.ts";
import { reader } from "./reader.ts";
import { searchWarnings } from "./searchWarnings.ts";
import { someNames } from "./someNames.ts";

/** Must run in the committing turn. No personal data. */
export const warningsOf = (
  log: EventLog,
  command: Command,
  events: readonly StoredEvent[],
): readonly string[] => [
  ...events.flatMap(({ data }) => (data.warnings as string[] | undefined) ?? []),
  ...events.flatMap((event) => besides(log, command, event)),
  ...revokedApprovals(events),
  ...(events.length > 0 ? actorsInClear(command) : []),
  ...searchWarnings(log, command, events),
];

const besides = (
  log: EventLog,
  command: Command,
  { type, data }: StoredEvent,
): readonly string[] => {
  switch (command.type) {
    case "AmendDataset":
      return afterAmendment(log, command.dataset, data as Amendment);
    case "ChangeComplianceLevel":
      if (type !== "ComplianceLevelChanged") return [];
      return command.compliance_level === "strict" ? notEncrypted(log) : [];
    case "RejectDeletion":
      return command.ground === null ? [GROUNDLESS] : [];
    case "HoldDeletion":
      return restricts(reader(log).deletion(command.deletion_id)) ? [RESTRICTED] : [];
    default:
      return [];
  }
};

const afterAmendment = (log: EventLog, name: string, said: Amendment): readonly string[] => [
  ...(said.subject_column === undefined ? [] : afterNaming(log, name, said.subject_column)),
  ...(said.contains_pii === true ? afterDeclaring(log, name) : []),
];

/** Statuses of requests that were answered before the column named anybody. */
const ANSWERED = {
  deletion: ["completed"],
  "subject-access": ["ready", "expired"],
} as const;

const afterNaming = (log: EventLog, name: string, column: string): readonly string[] => {
  if (!hasBatches(log, name)) return [];
  const answered = (kind: keyof typeof ANSWERED): number => {
    const counts = log.directory.counts(kind);
    return ANSWERED[kind].reduce((sum, status) => sum + (counts[status] ?? 0), 0);
  };
  const erased = answered("deletion");
  const told = answered("subject-access");
  const state = reader(log).dataset(name);
  const versions = state.status === "absent" ? [] : state.schema_versions;
  const lacking = versions.filter(({ schema }) => !Object.hasOwn(schema, column));
  return [
    ...(erased + told > 0
      ? [
          `Of the requests that were answered before, ${erased} to be forgotten and ${told} for ` +
            `access, none has looked into dataset ${name} by this column: make them anew for persons ` +
            "who may be in it.",
        ]
      : []),
    ...(lacking.length > 0
      ? [
          `Nobody is found in batches that were read under schema version ` +
            `${lacking.map(({ version }) => version).join(", ")}, which has no column ${column}: ` +
            "POST /replay reads anew what is under a contract that has it.",
        ]
      : []),
  ];
};

const afterDeclaring = (log: EventLog, name: string): readonly string[] => {
  const lake = reader(log).lake();
  const published = { kind: "batch", dataset: name, status: "published", limit: 1 } as const;
  const safe = lake.status === "absent" || lake.compliance_level === "standard";
  if (safe || log.directory.list(published).length === 0) return [];
  return [
    "What is published of it without a privacy run is not handed out any more: have its contracts " +
      "protect it (privacy_rules), then POST /replay derives it anew.",
  ];
};

const notEncrypted = (log: EventLog): readonly string[] => {
  const read = reader(log);
  const names: string[] = [];
  for (const { id } of directoryEntries(log, { kind: "dataset" })) {
    const dataset = read.dataset(id);
    if (dataset.status !== "absent" && !dataset.encryption_enabled) names.push(id);
  }
  if (names.length === 0) return [];
  const [are, of] = names.length === 1 ? ["is", "it"] : ["are", "them"];
  return [
    `Not encrypted ${are} ${someNames(names)}: at level strict nothing is ` +
      `appended to ${of}, published or handed out any more. Register another dataset with ` +
      "encryption_enabled and append the data there.",
  ];
};

const revokedApprovals = (events: readonly StoredEvent[]): readonly string[] => {
  const ids = events
    .filter(({ type }) => type === "DataContractApprovalRevoked")
    .map(({ stream }) => stream.slice(stream.indexOf("/") + 1));
  if (ids.length === 0) return [];
  return [
    `Approved by whoever had made it: ${someNames(ids)}. At level strict that does not count: nothing ` +
      "is appended, published or handed out under such a contract until somebody else has approved it " +
      "(POST /contracts/{id}/approve).",
  ];
};

const GROUNDLESS =
  "No ground in law is on record for this rejection (ground: an exception of Art. 17(3), or Art. " +
  "12(2), 12(5) or 12(6)): without one a person is to be forgotten.";

const RESTRICTED =
  "Until it ends nothing is handed out anew that may hold this person, but URLs to files that are not " +
  "encrypted open until they expire. Tell whoever was given the person's data before (Art. 19: GET " +
  "/access-log says who), and the person before the restriction is lifted (Art. 18(3)).";
