/** Decides commands on datasets. What an amendment has to know besides is gathered here. */
import { workOf } from "../domain/batch/batch.ts";
import { isRunning } from "../domain/batch/work.ts";
import { type AmendContext, type AmendDataset, amendDataset } from "../domain/dataset/amend.ts";
import type { DatasetEvent } from "../domain/dataset/dataset.ts";
import { type DatasetCommand, decideDataset } from "../domain/dataset/decide.ts";
import type { Result } from "../domain/decider.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import type { Rejection } from "../domain/rejection.ts";
import { directoryEntries } from "./directoryEntries.ts";
import { isAbout } from "./planErase.ts";
import type { EventLog } from "./ports.ts";
import { hasBatches } from "./presentBatches.ts";
import type { Reader } from "./reader.ts";
import { EVER } from "./timers.ts";

export const decideAboutDataset = (
  command: DatasetCommand | AmendDataset,
  log: EventLog,
  read: Reader,
  lake: ActiveLake,
): Result<readonly DatasetEvent[], Rejection> => {
  switch (command.type) {
    case "RegisterDataset":
      return decideDataset(command, read.dataset(command.name), { lake });
    case "IngestDataset":
      return decideDataset(command, read.dataset(command.dataset_id), { lake });
    case "AmendDataset": {
      const context = amendContext(command.dataset, log, read);
      return amendDataset(command, read.dataset(command.dataset), context);
    }
    default:
      return decideDataset(command, read.dataset(command.dataset), { lake });
  }
};

const amendContext = (dataset: string, log: EventLog, read: Reader): AmendContext => ({
  contracts: [...directoryEntries(log, { kind: "contract", dataset })].flatMap(({ id, status }) => {
    const contract = status === "deprecated" ? null : read.contract(id);
    return contract === null || contract.status === "absent" ? [] : [contract];
  }),
  has_batches: hasBatches(log, dataset),
  under_way:
    derivedMeanwhile(dataset, log, read) ??
    erasedMeanwhile(dataset, log, read) ??
    collectedMeanwhile(log),
});

/** More duties than any lake has. */
const MAX_DUTIES = 1_000_000;

/** Long work gives all parts of a file the same treatment, a replay all batches. */
const derivedMeanwhile = (dataset: string, log: EventLog, read: Reader): string | null => {
  const running = { kind: "replay", dataset, status: "running", limit: 1 } as const;
  const [replay] = log.directory.list(running);
  if (replay) return `Replay ${replay.id} is under way`;
  for (const { ref } of log.schedule.due(EVER, MAX_DUTIES, ["work_step"])) {
    const state = read.batch(ref.split("/", 1)[0] ?? "");
    if (state.status === "absent" || !isRunning(workOf(state))) continue;
    const about = state.status === "requested" ? state : state.batch;
    if (about.dataset === dataset) return `Work on batch ${about.batch_id} is under way`;
  }
  return null;
};

/** Duties of what is erased, or will be once more, although its request is answered. */
const ERASING_DUTIES = ["erase_step", "withholding_end"] as const;

/** Statuses of requests that may have been begun, and are not at their end. */
const ERASING = ["in_progress", "failed", "held"] as const;

/** Batches that an erasure has gone past, because nobody was named in them, would be left out of it. */
const erasedMeanwhile = (dataset: string, log: EventLog, read: Reader): string | null => {
  const duties = log.schedule.due(EVER, MAX_DUTIES, ERASING_DUTIES).map(({ ref }) => ref);
  const listed = ERASING.flatMap((status) =>
    [...directoryEntries(log, { kind: "deletion", status })].map(({ id }) => id),
  );
  for (const id of new Set([...duties, ...listed])) {
    const deletion = read.deletion(id);
    if (deletion.status === "absent" || deletion.erasure === null) continue;
    if (deletion.status === "completed" && deletion.erasure.only === null) continue;
    if (isAbout(deletion.erasure, dataset)) return `Deletion request ${id} is being carried out`;
  }
  return null;
};

/** As of an erasure: what was looked through already would be missing in the answer. */
const collectedMeanwhile = ({ directory }: EventLog): string | null => {
  const [access] = directory.list({ kind: "subject-access", status: "collecting", limit: 1 });
  return access ? `Request for access ${access.id} is being answered` : null;
};
