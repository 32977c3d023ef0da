/**
 * Specs of deciders that read as a sentence:
 * `given(registered).when(deprecate).then(deprecated)`. What was given is stamped one minute
 * apart from `FIRST_RECORDED_AT` on, so that a state's times can be told.
 */
import { expect } from "vitest";
import type { Decider, DomainEvent, Recorded } from "../../src/domain/decider.ts";
import type { Rejection, RejectionReason } from "../../src/domain/rejection.ts";

export const FIRST_RECORDED_AT = "2026-11-23T12:00:00.000Z";

/** When the given event of this index (from 0) was recorded. */
export const recordedAt = (index: number): string =>
  new Date(Date.parse(FIRST_RECORDED_AT) + index * 60_000).toISOString();

export interface Decided<Event extends DomainEvent> {
  then(...events: readonly Event[]): void;
  thenNothing(): void;
  /** Returns the rejection, for what a spec says about its text. */
  thenRejected(code: string, reason?: RejectionReason): Rejection;
  /** The events, for specs about one part of them. Fails when the command is refused. */
  events(): readonly Event[];
}

export interface Given<State, Command, Context, Event extends DomainEvent> {
  /** Replaces the context of the spec. */
  knowing(context: Context): Given<State, Command, Context, Event>;
  when(command: Command): Decided<Event>;
  state(): State;
}

export const deciderSpec = <State, Command, Context, Event extends DomainEvent>(
  decider: Decider<State, Command, Context, Event, Rejection>,
  context: Context,
) => {
  const given = (
    events: readonly Event[],
    known: Context,
  ): Given<State, Command, Context, Event> => {
    const state = (): State =>
      events.reduce(
        (folded, event, index) => decider.evolve(folded, stamped(event, recordedAt(index))),
        decider.initialState,
      );
    return {
      state,
      knowing: (other) => given(events, other),
      when: (command) => decided(() => decider.decide(command, state(), known)),
    };
  };
  return (...events: readonly Event[]) => given(events, context);
};

const stamped = <Event extends DomainEvent>(
  event: Event,
  recorded_at: string,
): Recorded<Event> => ({
  ...event,
  recorded_at,
});

const decided = <Event extends DomainEvent>(
  decide: () => ReturnType<Decider<unknown, unknown, unknown, Event, Rejection>["decide"]>,
): Decided<Event> => {
  const events = () => {
    const result = decide();
    if (!result.ok) throw new Error(`refused: ${result.error.code}: ${result.error.detail}`);
    return result.value;
  };
  return {
    events,
    // biome-ignore lint/suspicious/noThenProperty: it ends the sentence and is never awaited.
    then: (...expected) => expect(events()).toEqual(expected),
    thenNothing: () => expect(events()).toEqual([]),
    thenRejected: (code, reason) => {
      const result = decide();
      if (result.ok) throw new Error(`not refused: ${JSON.stringify(result.value)}`);
      expect(result.error.code).toBe(code);
      if (reason !== undefined) expect(result.error.reason).toBe(reason);
      return result.error;
    },
  };
};
