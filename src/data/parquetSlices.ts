/**
 * Runs of rows that outlive the page they were read from: of a page that is too large to be kept, so
 * many rows are put aside as a column may keep, and it is opened again when they are used up.
 */
import {
  type ByteValues,
  NO_VALUE,
  type Numbers,
  type StoredRun,
  type StoredValues,
} from "./parquetStored.ts";

/** Rows `from` up to `to` of a run. */
export const sliceOf = (run: StoredRun, from: number, to: number): StoredRun => {
  const { picks, values } = run;
  const rows = to - from;
  if (picks !== null) return { ...run, rows, picks: picks.subarray(from, to) };
  if (values.kind !== "bytes") return { ...run, rows, values: partOf(values, from, to) };
  const [starts, ends] = [values.starts.subarray(from, to), values.ends.subarray(from, to)];
  return { ...run, rows, values: { ...values, starts, ends } };
};

type FlatValues = Exclude<StoredValues, ByteValues>;

const partOf = (values: FlatValues, from: number, to: number): FlatValues =>
  values.kind === "flags"
    ? { kind: "flags", at: values.at.subarray(from, to) }
    : { kind: "numbers", at: values.at.subarray(from, to) };

/** The same rows, of whose values nothing lies in the page or its dictionary. */
export const apart = (run: StoredRun): StoredRun => {
  const { values, picks, is_shared } = run;
  if (is_shared && picks !== null) return ownDictionary(run, picks);
  if (values.kind === "flags") return run;
  if (values.kind === "numbers") return { ...run, values: { ...values, at: values.at.slice() } };
  const { starts, ends, bytes } = values;
  const from = starts[0] ?? 0;
  const own = bytes.slice(from, ends.at(-1) ?? from);
  const moved = (places: Uint32Array) => places.map((place) => place - from);
  return {
    ...run,
    values: { kind: "bytes", bytes: own, starts: moved(starts), ends: moved(ends) },
  };
};

/** With the entries alone that these rows have. */
const ownDictionary = (run: StoredRun, picks: Uint32Array): StoredRun => {
  const used = new Map<number, number>();
  const own = picks.map((pick) => {
    if (pick === NO_VALUE) return NO_VALUE;
    const known = used.get(pick);
    if (known !== undefined) return known;
    used.set(pick, used.size);
    return used.size - 1;
  });
  return { ...run, picks: own, values: entriesOf(run.values, [...used.keys()]) };
};

const entriesOf = (values: StoredValues, entries: readonly number[]): StoredValues => {
  if (values.kind === "flags")
    return { kind: "flags", at: Uint8Array.from(entries, (entry) => values.at[entry] ?? 0) };
  if (values.kind === "numbers") return { kind: "numbers", at: numbersOf(values.at, entries) };
  const lengthOf = (entry: number) => (values.ends[entry] ?? 0) - (values.starts[entry] ?? 0);
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + lengthOf(entry), 0));
  const starts = new Uint32Array(entries.length);
  const ends = new Uint32Array(entries.length);
  let end = 0;
  for (const [place, entry] of entries.entries()) {
    starts[place] = end;
    bytes.set(values.bytes.subarray(values.starts[entry], values.ends[entry]), end);
    end += lengthOf(entry);
    ends[place] = end;
  }
  return { kind: "bytes", bytes, starts, ends };
};

const numbersOf = (numbers: Numbers, entries: readonly number[]): Numbers => {
  if (numbers instanceof BigInt64Array)
    return BigInt64Array.from(entries, (entry) => numbers[entry] ?? 0n);
  const own = numbers.slice(0, entries.length);
  for (const [place, entry] of entries.entries()) own[place] = numbers[entry] ?? 0;
  return own;
};

/** What a run takes that lies in no page. */
export const bytesOf = ({ values, picks }: StoredRun): number => {
  const own =
    values.kind === "bytes"
      ? values.bytes.length + values.starts.byteLength + values.ends.byteLength
      : values.at.byteLength;
  return own + (picks?.byteLength ?? 0);
};
