/**
 * Who was given data of certain batches, from the access log (Art. 15(1)(c) GDPR): whoever consumed
 * one of them, opened its rejected rows or downloaded the file it came from, and whoever read their
 * dataset as a whole elsewhere while they were in it. What for is told in their own words.
 */
import { ok, type Result } from "../../domain/decider.ts";
import type { DatasetName } from "../../domain/ids.ts";
import type { Rejection } from "../../domain/rejection.ts";
import type { Call, LakeGateway } from "../lakeGateway.ts";
import type { AccessSource } from "../planAccess.ts";
import type { StoredEvent } from "../ports.ts";

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
  sources: readonly AccessSource[],
): Promise<Result<readonly RecipientLine[], Rejection>> => {
  const found = sources.map((source) => ({ source, lines: new Map<string, RecipientLine>() }));
  // A download names its file and maybe no dataset: so all accesses are gone through, once.
  let after: number | null = sources.length === 0 ? null : 0;
  while (after !== null) {
    const page = await lake.ask(call, {
      kind: "events",
      filter: { type: "AccessAudited", after, limit: ACCESSES_PER_PAGE },
    });
    if (!page.ok) return page;
    if (page.value.kind !== "events") break;
    for (const event of page.value.items) {
      for (const { source, lines } of found) note(lines, source, event);
    }
    after = page.value.next;
  }
  return ok(found.flatMap(({ lines }) => [...lines.values()]));
};

const note = (
  found: Map<string, RecipientLine>,
  source: AccessSource,
  { data, recorded_at }: StoredEvent,
): void => {
  const { accessor_id, action, object, dataset_id, purpose } = data;
  const { dataset } = source;
  if (action !== "read" && action !== "query") return;
  // An access to no batch in particular was to all that the dataset had then, wherever it was read.
  const whole = dataset_id === dataset && recorded_at >= source.since;
  if (typeof object === "string" ? !isOf(object, source) : !whole) return;
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
const isOf = (object: string, { batches, files }: AccessSource): boolean => {
  const batch = /^batch(?:es)?\/([^/]+)/.exec(object)?.[1];
  return batches.some((id) => id === batch) || files.includes(object);
};
