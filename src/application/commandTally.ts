/**
 * Counts of commands, in memory, between two reports of them. They cost a command no write. What was
 * counted since the last report is lost when the process dies: a few seconds of counts, of no event.
 */
import type { CommandOutcome, SeenCommand } from "./seenCommands.ts";

/** Upper bounds of the buckets that commands are counted in by how long they took, ms. */
export const LATENCY_BUCKETS_MS = [
  ...[1, 2, 5, 10, 25, 50],
  ...[100, 250, 500, 1_000, 2_500, 10_000],
] as const;

/** Where a command slower than all bounds counts. */
export const SLOWEST = "le_inf";

/**
 * What is counted of a command: how often it ended how, how often it took so long (each command in
 * one bucket alone), milliseconds in all.
 */
export type Measure = CommandOutcome | `le_${number}` | typeof SLOWEST | "sum_ms";

export interface Count {
  /** A command's type. */
  readonly command: string;
  readonly measure: Measure;
  readonly value: number;
}

export interface CommandTally {
  count(seen: Pick<SeenCommand, "command" | "outcome" | "ms">): void;
  /** What was counted since it was last asked. */
  take(): readonly Count[];
}

export const commandTally = (): CommandTally => {
  let commands = new Map<string, Map<Measure, number>>();
  return {
    count({ command, outcome, ms }) {
      const measures = commands.get(command) ?? new Map<Measure, number>();
      commands.set(command, measures);
      const add = (measure: Measure, value: number) =>
        measures.set(measure, (measures.get(measure) ?? 0) + value);
      add(outcome, 1);
      add(bucketOf(ms), 1);
      add("sum_ms", ms);
    },
    take() {
      const taken = commands;
      commands = new Map();
      return [...taken].flatMap(([command, measures]) =>
        [...measures].map(([measure, value]) => ({ command, measure, value })),
      );
    },
  };
};

const bucketOf = (ms: number): Measure => {
  const bound = LATENCY_BUCKETS_MS.find((most) => ms <= most);
  return bound === undefined ? SLOWEST : `le_${bound}`;
};
