/**
 * Who is to be told of an erasure (Art. 19 GDPR): whoever was given data of a batch while the person
 * was in it, through whatever door. Consumers, those who opened its rejected rows or downloaded the
 * file it came from, and those who read its dataset as a whole elsewhere. The access log knows all of
 * them; it is read in pages, between which the lake has its turn.
 */
import type { ErasedFrom } from "../domain/deletion/erasure.ts";
import type { Recipient } from "../domain/deletion/facts.ts";
import type { BatchId, DeletionId } from "../domain/ids.ts";
import type { EventLog, StoredEvent } from "./ports.ts";
import { wait } from "./timers.ts";

const PAGE = 1000;

/** Every event of a type in a batch's stream, page by page. */
export const eventsOf = (
  log: EventLog,
  batch_id: BatchId,
  type: string,
): readonly StoredEvent[] => {
  const events: StoredEvent[] = [];
  let after = 0;
  for (;;) {
    const page = log.read({ stream: `batch/${batch_id}`, type, after, limit: PAGE });
    events.push(...page);
    const last = page.at(-1);
    if (last === undefined) return events;
    after = last.seq;
  }
};

/** A batch and for how long the person was in it, as places in the log. */
interface Held {
  readonly batch_id: BatchId;
  readonly from: number;
  readonly until: number;
}

/** What may be read of the batches: by what it is called in the access log, and by its dataset. */
interface Readable {
  readonly objects: ReadonlyMap<string, readonly Held[]>;
  readonly datasets: ReadonlyMap<string, readonly Held[]>;
}

/** In the order of their names. `hit`: batches that lost rows to the erasure. */
export const recipientsOf = async (
  log: EventLog,
  hit: readonly ErasedFrom[],
  deletion_id: DeletionId,
): Promise<readonly Recipient[]> => {
  const known = new Map<string, { readonly batches: Set<BatchId>; last_at: string }>();
  const { objects, datasets } = readable(log, hit, deletion_id);
  let after = 0;
  while (objects.size > 0) {
    const page = log.read({ type: "AccessAudited", after, limit: PAGE });
    for (const { seq, recorded_at, data } of page) {
      const { accessor_id, action, object, dataset_id } = data;
      if (action !== "read" && action !== "query") continue;
      const read =
        typeof object === "string"
          ? objects.get(placeOf(object))
          : datasets.get(String(dataset_id))?.filter(({ from }) => from <= seq);
      for (const { batch_id, until } of read ?? []) {
        if (seq > until) continue;
        const consumer = String(accessor_id);
        const recipient = known.get(consumer) ?? { batches: new Set(), last_at: recorded_at };
        recipient.batches.add(batch_id);
        recipient.last_at = recorded_at;
        known.set(consumer, recipient);
      }
    }
    const last = page.at(-1);
    if (last === undefined) break;
    after = last.seq;
    await wait(0);
  }
  return [...known]
    .map(([consumer, { batches, last_at }]) => ({
      consumer,
      batches: [...batches],
      batches_omitted: 0,
      last_at,
    }))
    .sort((a, b) => (a.consumer < b.consumer ? -1 : 1));
};

const readable = (log: EventLog, hit: readonly ErasedFrom[], deletion_id: DeletionId): Readable => {
  const objects = new Map<string, Held[]>();
  const datasets = new Map<string, Held[]>();
  const put = (to: Map<string, Held[]>, name: string, held: Held) =>
    to.set(name, [...(to.get(name) ?? []), held]);
  for (const { batch_id, dataset } of hit) {
    const appended = eventsOf(log, batch_id, "AppendIngestionRequested");
    const rewritten = ["BatchRedacted", "BatchDestroyed"]
      .flatMap((type) => eventsOf(log, batch_id, type))
      .filter(({ data }) => data.deletion_id === deletion_id)
      .map(({ seq }) => seq);
    const until = rewritten.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...rewritten);
    const held = { batch_id, from: appended[0]?.seq ?? 0, until };
    put(objects, `batch/${batch_id}`, held);
    if (dataset !== null) put(datasets, dataset, held);
    // The upload is there before the batch, and until it is deleted behind it.
    const always = { batch_id, from: 0, until: Number.POSITIVE_INFINITY };
    for (const name of new Set(appended.map(({ data }) => String(data.file_url)))) {
      put(objects, name, always);
    }
  }
  return { objects, datasets };
};

/** `batches/<id>/quarantine.<format>` is a batch's rejected rows: of the batch. */
const placeOf = (object: string): string => {
  const rejected = /^batches\/([^/]+)\/quarantine\.[a-z]+$/.exec(object);
  return rejected ? `batch/${rejected[1]}` : object;
};
