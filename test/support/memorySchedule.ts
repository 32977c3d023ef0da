/** The schedule of the log in memory: duties by kind and ref. */
import {
  DUTY_KINDS,
  type DutyRef,
  type PendingDuty,
  type Schedule,
} from "../../src/application/ports.ts";
import { MAX_ATTEMPTS } from "../../src/application/runDuties.ts";

type Duties = ReadonlyMap<string, PendingDuty>;

interface Cell<Value> {
  get(): Value;
  set(value: Value): void;
}

const keyOf = ({ kind, ref }: DutyRef): string => `${kind}/${ref}`;

/** Without a cell of its own it keeps the duties itself. */
export const memorySchedule = (duties: Cell<Duties> = cellOf(new Map())): Schedule => {
  const inOrder = (parked: boolean) =>
    [...duties.get().values()]
      .filter((duty) => duty.parked === parked)
      .sort((a, b) => (a.due_at < b.due_at ? -1 : a.due_at > b.due_at ? 1 : 0));
  const write = (duty: PendingDuty) => duties.set(new Map(duties.get()).set(keyOf(duty), duty));
  return {
    due: (now, limit, kinds = DUTY_KINDS) =>
      inOrder(false)
        .filter(({ kind, due_at }) => due_at <= now && kinds.includes(kind))
        .slice(0, limit),
    next: () => inOrder(false).at(0)?.due_at ?? null,
    find: (duty) => duties.get().get(keyOf(duty)) ?? null,
    listed: (kind, after, limit) =>
      [...duties.get().values()]
        .filter((duty) => duty.kind === kind && duty.ref > after)
        .sort((a, b) => (a.ref < b.ref ? -1 : 1))
        .slice(0, limit),
    owes: (duty) => duties.get().has(keyOf(duty)),
    put: ({ kind, ref, due_at, payload }) =>
      write({ kind, ref, due_at, payload, attempts: 0, begun: 0, parked: false, last_error: null }),
    remove(duty) {
      const left = new Map(duties.get());
      const removed = left.delete(keyOf(duty));
      if (removed) duties.set(left);
      return removed;
    },
    begin(ref, due_at) {
      const duty = duties.get().get(keyOf(ref));
      if (duty !== undefined) write({ ...duty, due_at, begun: duty.begun + 1 });
    },
    failed(ref, error, retry_at) {
      const duty = duties.get().get(keyOf(ref));
      if (duty === undefined) return;
      write({
        ...duty,
        attempts: duty.attempts + 1,
        begun: Math.max(duty.begun - 1, 0),
        last_error: error,
        parked: retry_at === null,
        due_at: retry_at ?? duty.due_at,
      });
    },
    parked: () => inOrder(true),
    failing: () => [
      ...inOrder(true),
      ...inOrder(false).filter(({ attempts }) => attempts >= MAX_ATTEMPTS),
    ],
  };
};

const cellOf = <Value>(first: Value): Cell<Value> => {
  let value = first;
  return {
    get: () => value,
    set: (next) => {
      value = next;
    },
  };
};
