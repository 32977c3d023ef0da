/**
 * Says what was done to a copy of a log, given where each of its lines stands in the log: which
 * events are changed, dropped, reordered, repeated, and which lines are invented. Pure.
 */

/** One finding; neighbours of the same kind are one range. Seqs and lines count from 1. */
export type CopyFinding =
  | { readonly kind: "changed" | "dropped"; readonly from: number; readonly to: number }
  | { readonly kind: "swapped"; readonly seq: number; readonly other: number }
  | { readonly kind: "moved" | "repeated"; readonly seq: number; readonly line: number }
  | { readonly kind: "invented"; readonly from: number; readonly to: number };

export interface CopyLines {
  /** For each line the index of the event whose bytes it is, or -1 for bytes the log has not. */
  readonly places: readonly number[];
  /** For a line (from 0) that the log has not: the seq it calls itself by, when it has one. */
  readonly claims: ReadonlyMap<number, number>;
  /** How many events the log has. */
  readonly size: number;
}

/** Empty exactly when the copy is the log's beginning, line by line. */
export const compareCopy = ({ places, claims, size }: CopyLines): CopyFinding[] => {
  if (places.every((place, line) => place === line)) return [];
  const repeated: CopyFinding[] = [];
  const firstLine = new Map<number, number>();
  places.forEach((place, line) => {
    if (place < 0) return;
    if (firstLine.has(place)) repeated.push({ kind: "repeated", seq: place + 1, line: line + 1 });
    else firstLine.set(place, line);
  });
  const inOrder = longestRun(places, firstLine);
  const moved = [...firstLine].filter(([place]) => !inOrder.has(place));

  const { changed, invented, reach } = matchStrangers(places, claims, firstLine, inOrder, size);
  const dropped: number[] = [];
  for (let place = 0; place < reach; place++)
    if (!firstLine.has(place) && !changed.has(place)) dropped.push(place);

  return [
    ...ranges([...changed].sort((a, b) => a - b)).map(
      (range) => ({ kind: "changed", ...range }) as const,
    ),
    ...ranges(dropped).map((range) => ({ kind: "dropped", ...range }) as const),
    ...reordered(moved, places),
    ...repeated,
    ...ranges(invented).map((range) => ({ kind: "invented", ...range }) as const),
  ];
};

/** The places of the longest part of the copy that is in the log's order: what did not move. */
const longestRun = (
  places: readonly number[],
  firstLine: ReadonlyMap<number, number>,
): ReadonlySet<number> => {
  // Patience sorting: `tails[n]` ends the best run of n + 1 places found so far.
  const tails: number[] = [];
  const before = new Map<number, number>();
  places.forEach((place, line) => {
    if (place < 0 || firstLine.get(place) !== line) return;
    let [low, high] = [0, tails.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((tails[middle] ?? 0) < place) low = middle + 1;
      else high = middle;
    }
    tails[low] = place;
    const previous = tails[low - 1];
    if (previous !== undefined) before.set(place, previous);
  });
  const run = new Set<number>();
  for (let place = tails.at(-1); place !== undefined; place = before.get(place)) run.add(place);
  return run;
};

interface Strangers {
  /** Places of events that stand in the copy with other bytes. */
  readonly changed: ReadonlySet<number>;
  /** Lines (from 0) that are of no event. */
  readonly invented: readonly number[];
  /** How far into the log the copy goes: what is behind is not missing, only newer. */
  readonly reach: number;
}

/**
 * Decides what the lines are that the log has not. Between two lines that did not move, a strange
 * line stands for a missing event when it calls itself by its seq, or when there are as many of
 * the one as of the other; what is left over is invented.
 */
const matchStrangers = (
  places: readonly number[],
  claims: ReadonlyMap<number, number>,
  firstLine: ReadonlyMap<number, number>,
  inOrder: ReadonlySet<number>,
  size: number,
): Strangers => {
  const changed = new Set<number>();
  const invented: number[] = [];
  let reach = 0;
  let start = 0;
  let strangers: number[] = [];
  const settle = (end: number): void => {
    const open = new Set<number>();
    if (strangers.length > 0)
      for (let place = start; place < end; place++) if (!firstLine.has(place)) open.add(place);
    const left = strangers.filter((line) => {
      const claimed = (claims.get(line) ?? 0) - 1;
      if (!open.delete(claimed)) return true;
      changed.add(claimed);
      reach = Math.max(reach, claimed + 1);
      return false;
    });
    // At the copy's end there is no knowing how far it went, except by what its lines say.
    const nameless = left.every((line) => !claims.has(line));
    const edge = end < size ? end : Math.max(reach, nameless ? start + strangers.length : 0);
    const unfilled = [...open].filter((place) => place < edge);
    if (left.length === unfilled.length) for (const place of unfilled) changed.add(place);
    else for (const line of left) invented.push(line);
  };
  places.forEach((place, line) => {
    if (place >= 0) reach = Math.max(reach, place + 1);
    if (place < 0) strangers.push(line);
    else if (inOrder.has(place) && firstLine.get(place) === line) {
      settle(place);
      start = place + 1;
      strangers = [];
    }
  });
  settle(size);
  return { changed, invented, reach };
};

const reordered = (
  moved: readonly (readonly [number, number])[],
  places: readonly number[],
): CopyFinding[] => {
  const findings: CopyFinding[] = [];
  const told = new Set<number>();
  for (const [place, line] of moved) {
    if (told.has(place)) continue;
    const other = places[place];
    if (other === line && other !== place) {
      told.add(other);
      findings.push({
        kind: "swapped",
        seq: Math.min(place, other) + 1,
        other: Math.max(place, other) + 1,
      });
    } else findings.push({ kind: "moved", seq: place + 1, line: line + 1 });
  }
  return findings;
};

/** Ascending numbers from 0 as ranges from 1. */
const ranges = (numbers: readonly number[]): { from: number; to: number }[] => {
  const found: { from: number; to: number }[] = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last?.to === number) last.to = number + 1;
    else found.push({ from: number + 1, to: number + 1 });
  }
  return found;
};
