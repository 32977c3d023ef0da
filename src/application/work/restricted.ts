/**
 * Data of a batch on its way to somebody, past the persons whose processing is restricted (Art. 18
 * GDPR). The lake says whether there is anything to look up; only then is the batch's index asked, so
 * that where nothing is restricted nothing is slower.
 */
import { processingRestricted } from "../../domain/batch/restricted.ts";
import { ok, type Result } from "../../domain/decider.ts";
import type { BatchId } from "../../domain/ids.ts";
import type { Rejection } from "../../domain/rejection.ts";
import type { ConsumeDataset } from "../datasetOffers.ts";
import type { Call, LakeRequest } from "../lakeGateway.ts";
import { inLanes } from "../lanes.ts";
import { type Looked, type LookedInto, unreadOf } from "../restrictions.ts";
import { type FoundIn, foundIn } from "./lookups.ts";
import type { Outcome, Workshop } from "./workshop.ts";

type HandOut = Extract<LakeRequest, { type: "Consume" | "SignQuarantineUrl" }>;

/** So often it is looked again when restrictions, or the batch's file, have changed meanwhile. */
const MAX_LOOKS = 3;

/** Batches of a dataset that are looked into at the same time. */
const LOOKS_AT_ONCE = 16;

/** The answer to the request, or that nothing is handed out, which is on record then. */
export const handOut = async (shop: Workshop, call: Call, request: HandOut): Outcome => {
  for (let looks = 0, looked: Looked | null = null; ; looks += 1) {
    const asked: HandOut = looked === null ? request : { ...request, looked };
    const answer = await shop.lake.command(call, asked);
    if (answer.ok || unreadOf(answer.error) === null || looks === MAX_LOOKS) return answer;
    const { batch_id } = request;
    const [accessor_id, purpose] =
      request.type === "Consume"
        ? [request.consumer, request.purpose]
        : [call.actor, "rejected rows"];
    const found = await unlessRestricted(shop, call, { batch_id, accessor_id, purpose });
    if (!found.ok) return found;
    looked = found.value;
  }
};

/** The manifest of a dataset, without the batches that are restricted: of each that is on record. */
export const handOutDataset = async (
  shop: Workshop,
  call: Call,
  request: ConsumeDataset,
): Outcome => {
  const looked = new Map<BatchId, LookedInto>();
  const own = { ...call, idempotency: null, if_match: null };
  const { consumer: accessor_id, purpose } = request;
  for (let looks = 0; ; looks += 1) {
    const answer = await shop.lake.command(call, { ...request, looked: [...looked.values()] });
    const unread = answer.ok ? null : unreadOf(answer.error);
    if (unread === null || looks === MAX_LOOKS) return answer;
    const looking = await inLanes(unread, LOOKS_AT_ONCE, async (batch_id) => {
      const noted = (looked.get(batch_id)?.held.length ?? 0) > 0;
      return { batch_id, found: await look(shop, own, { batch_id, accessor_id, purpose }, noted) };
    });
    for (const { batch_id, found } of looking) {
      if (!found.ok) return found;
      const { held, cleared, raw_key } = found.value;
      if (raw_key !== null) looked.set(batch_id, { batch_id, held, cleared, raw_key });
    }
  }
};

interface Asked {
  readonly batch_id: BatchId;
  readonly accessor_id: string;
  readonly purpose: string | null;
}

/** Whose restriction is in the way: that somebody asked is on record then, unless it is `noted`. */
const look = async (
  shop: Workshop,
  call: Call,
  about: Asked,
  noted = false,
): Promise<Result<FoundIn, Rejection>> => {
  const found = await foundIn(shop, call, { batch_id: about.batch_id, before: "hand_out" });
  if (!found.ok || noted || found.value.held.length === 0) return found;
  const { held: deletion_ids } = found.value;
  const refused = await shop.lake.command(call, { type: "RefuseHandOut", ...about, deletion_ids });
  return refused.ok ? found : refused;
};

/** What was looked up, when nobody's restriction is in the way. */
export const unlessRestricted = async (
  shop: Workshop,
  call: Call,
  about: Asked,
): Promise<Result<Looked | null, Rejection>> => {
  // The key is for what is handed out alone, and so is the version that the client has seen.
  const own = { ...call, idempotency: null, if_match: null };
  const found = await look(shop, own, about);
  if (!found.ok) return found;
  const { held, cleared, raw_key } = found.value;
  if (held.length > 0) return processingRestricted(`Batch ${about.batch_id}`);
  return ok(raw_key === null ? null : { raw_key, cleared });
};

/** Whether a URL that was handed out before opens nothing while a restriction stands. */
export const isRestricted = async (
  shop: Workshop,
  call: Call,
  batch_id: BatchId,
): Promise<Result<boolean, Rejection>> => {
  const found = await foundIn(shop, call, { batch_id, before: "hand_out" });
  return found.ok ? ok(found.value.held.length > 0) : found;
};
