/**
 * Who was given data of certain batches, from the access log (Art. 15(1)(c) GDPR): whoever consumed
 * one of them or opened its rejected rows, and whoever read their dataset as a whole elsewhere.
 */
import { ok, type Result } from "../../domain/decider.ts";
import type { BatchId, DatasetName } from "../../domain/ids.ts";
import type { Rejection } from "../../domain/rejection.ts";
import type { Call, LakeGateway } from "../lakeGateway.ts";
import type { StoredEvent } from "../ports.ts";

/** What of one dataset is asked about. */
export interface Source {
  readonly dataset: DatasetName;
  readonly batches: readonly BatchId[];
}

export interface RecipientLine {
  readonly kind: "recipient";
  readonly recipient: string;
  readonly dataset: DatasetName;
  readonly accesses: number;
  readonly purposes: readonly string[];
  readonly first_at: string;
  readonly last_at: string;
}

/** Of one recipient's purposes so many are named. */
const MAX_PURPOSES = 20;
const ACCESSES_PER_PAGE = 1_000;

/** One line a recipient and dataset. The log is read in pages: the lake has its turn in between. */
export const recipientsOf = async (
  lake: Pick<LakeGateway, "ask">,
  call: Call,
  sources: readonly Source[],
): Promise<Result<readonly RecipientLine[], Rejection>> => {
  const lines: RecipientLine[] = [];
  for (const source of sources) {
    const found = new Map<string, RecipientLine>();
    let after: number | null = 0;
    while (after !== null) {
      const page = await lake.ask(call, {
        kind: "events",
        filter: { type: "AccessAudited", dataset: source.dataset, after, limit: ACCESSES_PER_PAGE },
      });
      if (!page.ok) return page;
      if (page.value.kind !== "events") break;
      for (const event of page.value.items) note(found, source, event);
      after = page.value.next;
    }
    lines.push(...found.values());
  }
  return ok(lines);
};

const note = (
  found: Map<string, RecipientLine>,
  { dataset, batches }: Source,
  { data, recorded_at }: StoredEvent,
): void => {
  const { accessor_id, action, object, purpose } = data;
  if (action !== "read" && action !== "query") return;
  // An access to no batch in particular was to the dataset, wherever it was read.
  const batch = typeof object === "string" ? batchOf(object) : null;
  if (typeof object === "string" && !batches.some((id) => id === batch)) return;
  const recipient = String(accessor_id);
  const known = found.get(recipient);
  const purposes = new Set(known?.purposes);
  if (typeof purpose === "string" && purposes.size < MAX_PURPOSES) purposes.add(purpose);
  found.set(recipient, {
    kind: "recipient",
    recipient,
    dataset,
    accesses: (known?.accesses ?? 0) + 1,
    purposes: [...purposes],
    first_at: known?.first_at ?? recorded_at,
    last_at: recorded_at,
  });
};

/** `batch/<id>` is one that was consumed, `batches/<id>/quarantine.<format>` its rejected rows. */
const batchOf = (object: string): string | null =>
  /^batch(?:es)?\/([^/]+)/.exec(object)?.[1] ?? null;
