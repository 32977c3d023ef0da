/**
 * Small subject indexes are kept beside the log as long as a batch refers to them: asking one takes
 * no read of the object store. It is a copy: where it is missing, the object is asked. The index of
 * an encrypted dataset is not kept, because destroying the dataset's key is to destroy all of it.
 */
import type { AppendData } from "../domain/batch/commands.ts";
import type { SubjectIndexRef, WrittenIndex } from "../domain/subjects.ts";
import { type Command, reader } from "./commands.ts";
import type { EventLog } from "./ports.ts";
import type { SubjectSet, SubjectTexts } from "./subjectPorts.ts";

/** A command as it is decided on, and the index that comes with it. */
export interface Parted {
  readonly command: Command;
  /** Null: there is none, or it is too large. */
  readonly written: WrittenIndex | null;
}

/** Takes out of a command what must not come into an event. */
export const partIndex = (command: Command): Parted => {
  switch (command.type) {
    case "AppendData": {
      const { append, written } = partAppend(command);
      return { command: append, written };
    }
    case "FinishWork": {
      if (command.result.type !== "AppendData") return { command, written: null };
      const { append, written } = partAppend(command.result);
      return { command: { ...command, result: append }, written };
    }
    case "RedactBatch": {
      const { result } = command;
      if (result.kind !== "redacted" || result.subject_index === null) break;
      const { bare, written } = part(result.subject_index);
      return { command: { ...command, result: { ...result, subject_index: bare } }, written };
    }
  }
  return { command, written: null };
};

const partAppend = (append: AppendData) => {
  const { subjects } = append.taken;
  if (!subjects?.subject_index) return { append, written: null };
  const { bare, written } = part(subjects.subject_index);
  const taken = { ...append.taken, subjects: { ...subjects, subject_index: bare } };
  return { append: { ...append, taken }, written };
};

const part = (written: WrittenIndex) => {
  const { object, ...bare } = written;
  return { bare, written: object === undefined ? null : written };
};

/** Inside the transaction that records the command. */
export const keepIndex = (log: EventLog, { command, written }: Parted): void => {
  if (written?.object === undefined || !("batch_id" in command)) return;
  const read = reader(log);
  const state = read.batch(String(command.batch_id));
  // What the command came to may be that the batch stays without it.
  if (state.status !== "held" || state.batch.subject_index?.key !== written.key) return;
  const dataset = read.dataset(state.batch.dataset);
  if (dataset.status === "absent" || dataset.encryption_enabled) return;
  log.indexes.put(written.key, Buffer.from(written.object, "base64"));
};

/** Whether each index may hold one of the sets; null when that takes a read of its object. */
export const keptMayHold = (
  { indexes }: Pick<EventLog, "indexes">,
  texts: Pick<SubjectTexts, "partFor">,
  asked: readonly SubjectIndexRef[],
  sets: readonly SubjectSet[],
): readonly (boolean | null)[] => {
  const parts = asked.flatMap((index, at) => {
    const refs = sets.flatMap((set) => set.refs.flatMap((all) => all[index.type] ?? []));
    return refs.map((ref) => ({ at, key: index.key, ...texts.partFor(index, ref) }));
  });
  const slices = indexes.slices(parts);
  const answers = asked.map((): boolean | null => false);
  for (const [n, { at, holds }] of parts.entries()) {
    const slice = slices[n] ?? null;
    if (slice === null) answers[at] = null;
    else if (answers[at] === false) answers[at] = holds(slice);
  }
  return answers;
};
