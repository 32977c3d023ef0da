/**
 * What every aggregate is made of: a pure `decide`, a pure `evolve` and a state before the first
 * event. Rejections are values; only a broken invariant throws, because it is a bug.
 */

/** Either the value asked for, or the reason it was refused. */
export type Result<Value, Refusal> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly error: Refusal };

export const ok = <Value>(value: Value): { readonly ok: true; readonly value: Value } => ({
  ok: true,
  value,
});

export const err = <Refusal>(error: Refusal): { readonly ok: false; readonly error: Refusal } => ({
  ok: false,
  error,
});

/** A fact: its type (past tense, PascalCase) and what it says. */
export interface DomainEvent {
  readonly type: string;
  readonly data: object;
}

/** A fact as the log gives it back: with the moment (RFC 3339, UTC) it was recorded. */
export type Recorded<Event extends DomainEvent> = Event & { readonly recorded_at: string };

/**
 * `decide` turns a command, the state it decides on and what else it must know into the events to
 * record; `evolve` folds one event into the state. No events means "already so": the idempotent
 * answer.
 */
export interface Decider<State, Command, Context, Event extends DomainEvent, Refusal> {
  readonly decide: (
    command: Command,
    state: State,
    context: Context,
  ) => Result<readonly Event[], Refusal>;
  readonly evolve: (state: State, event: Recorded<Event>) => State;
  readonly initialState: State;
}

/** Ends an exhaustive switch: a new member of the union stops the compiler here. */
export const assertNever = (value: never): never => {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`);
};

/** Throws when something the code itself guarantees does not hold. Never used for input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`);
}
