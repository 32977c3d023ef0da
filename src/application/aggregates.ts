/**
 * The aggregates of a lake: which stream belongs to which, and how each is folded. Every place
 * that loads, snapshots or shows a state goes through this table.
 */
import { evolveAccess, initialAccess } from "../domain/access/access.ts";
import { initialBatch } from "../domain/batch/batch.ts";
import { evolveBatch } from "../domain/batch/evolveBatch.ts";
import { evolveContract, initialContract } from "../domain/contract/contract.ts";
import { evolveDataset, initialDataset } from "../domain/dataset/dataset.ts";
import type { DomainEvent, Recorded } from "../domain/decider.ts";
import { evolveDeletion, initialDeletion } from "../domain/deletion/deletion.ts";
import { evolveFreshness, initialFreshness } from "../domain/freshness/freshness.ts";
import type { StreamName } from "../domain/ids.ts";
import { evolveLake, initialLake } from "../domain/lake/lake.ts";
import { evolveMember, initialMember } from "../domain/member/member.ts";
import { evolveReplay, initialReplay } from "../domain/replay/replay.ts";
import {
  evolveSubjectAccess,
  initialSubjectAccess,
} from "../domain/subjectAccess/subjectAccess.ts";
import { evolveToken, initialToken } from "../domain/token/token.ts";
import { evolveWebhook, initialWebhook } from "../domain/webhook/webhook.ts";

interface Aggregate<State, Event extends DomainEvent> {
  readonly initialState: State;
  readonly evolve: (state: State, event: Recorded<Event>) => State;
  /** Raised whenever `evolve` or the shape of the state changes: older snapshots are refolded. */
  readonly fold_version: number;
}

const aggregate = <State, Event extends DomainEvent>(
  initialState: State,
  evolve: (state: State, event: Recorded<Event>) => State,
  fold_version: number,
): Aggregate<State, Event> => ({ initialState, evolve, fold_version });

export const AGGREGATES = {
  lake: aggregate(initialLake, evolveLake, 4),
  dataset: aggregate(initialDataset, evolveDataset, 2),
  contract: aggregate(initialContract, evolveContract, 5),
  deletion: aggregate(initialDeletion, evolveDeletion, 8),
  batch: aggregate(initialBatch, evolveBatch, 16),
  replay: aggregate(initialReplay, evolveReplay, 3),
  freshness: aggregate(initialFreshness, evolveFreshness, 1),
  webhook: aggregate(initialWebhook, evolveWebhook, 1),
  "subject-access": aggregate(initialSubjectAccess, evolveSubjectAccess, 4),
  member: aggregate(initialMember, evolveMember, 1),
  token: aggregate(initialToken, evolveToken, 1),
  access: aggregate(initialAccess, evolveAccess, 1),
} as const;

export type AggregateKind = keyof typeof AGGREGATES;
export type StateOf<Kind extends AggregateKind> = (typeof AGGREGATES)[Kind]["initialState"];
export type EventOf<Kind extends AggregateKind> = Parameters<
  (typeof AGGREGATES)[Kind]["evolve"]
>[1];

/** Any event of the log, as the log gives it back. */
export type LakeEvents = { [Kind in AggregateKind]: EventOf<Kind> }[AggregateKind];

export const KINDS = Object.keys(AGGREGATES) as readonly AggregateKind[];

/** The kind a stream belongs to: what stands before the first slash. */
export const kindOf = (stream: StreamName): AggregateKind => {
  const kind = stream.split("/", 1)[0];
  const known = KINDS.find((candidate) => candidate === kind);
  if (known === undefined) throw new Error(`stream of no known aggregate: ${kind}`);
  return known;
};

/** The instance's id: what stands behind the first slash, or the kind itself when there is one. */
export const idOf = (stream: StreamName): string => {
  const slash = stream.indexOf("/");
  return slash < 0 ? stream : stream.slice(slash + 1);
};

export interface Folded {
  readonly version: number;
  readonly state: unknown;
}

/** The fold of any stream, for those who handle states without knowing them. */
export const foldOf = (stream: StreamName) => {
  const { initialState, evolve, fold_version } = AGGREGATES[kindOf(stream)];
  return {
    initialState: initialState as unknown,
    evolve: evolve as (state: unknown, event: unknown) => unknown,
    fold_version,
  };
};
