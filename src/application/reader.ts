/** The states of a lake's aggregates, as a decision or an answer reads them. */
import type { StreamName } from "../domain/ids.ts";
import type { StateOf } from "./aggregates.ts";
import type { EventLog } from "./ports.ts";

export interface Reader {
  lake(): StateOf<"lake">;
  dataset(name: string): StateOf<"dataset">;
  contract(id: string): StateOf<"contract">;
  batch(id: string): StateOf<"batch">;
  deletion(id: string): StateOf<"deletion">;
  replay(id: string): StateOf<"replay">;
  freshness(contract_id: string): StateOf<"freshness">;
  webhook(id: string): StateOf<"webhook">;
  subjectAccess(id: string): StateOf<"subject-access">;
  member(subject: string): StateOf<"member">;
  token(id: string): StateOf<"token">;
  access(): StateOf<"access">;
  /** Version of the contract's stream. */
  contractVersion(id: string): number;
}

/** Of each log the reader of the present: every command asks for it several times. */
const present = new WeakMap<EventLog, Reader>();

/** States as of now, or as of the moment when the log's last event was `seq`. */
export const reader = (log: EventLog, seq?: number): Reader => {
  if (seq !== undefined) return readerOf(log, seq);
  const known = present.get(log) ?? readerOf(log);
  present.set(log, known);
  return known;
};

const readerOf = (log: EventLog, seq?: number): Reader => {
  const folded = (stream: StreamName) =>
    seq === undefined ? log.load(stream) : log.loadAt(stream, seq);
  const state = (stream: StreamName): unknown => folded(stream).state;
  return {
    lake: () => state("lake") as StateOf<"lake">,
    dataset: (name) => state(`dataset/${name}`) as StateOf<"dataset">,
    contract: (id) => state(`contract/${id}`) as StateOf<"contract">,
    batch: (id) => state(`batch/${id}`) as StateOf<"batch">,
    deletion: (id) => state(`deletion/${id}`) as StateOf<"deletion">,
    replay: (id) => state(`replay/${id}`) as StateOf<"replay">,
    freshness: (id) => state(`freshness/${id}`) as StateOf<"freshness">,
    webhook: (id) => state(`webhook/${id}`) as StateOf<"webhook">,
    subjectAccess: (id) => state(`subject-access/${id}`) as StateOf<"subject-access">,
    member: (subject) => state(`member/${subject}`) as StateOf<"member">,
    token: (id) => state(`token/${id}`) as StateOf<"token">,
    access: () => state("access") as StateOf<"access">,
    contractVersion: (id) => folded(`contract/${id}`).version,
  };
};
