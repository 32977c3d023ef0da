/** POST /datasets/{name}/consume: what is to be made first, then all grants at once. */
import { ok, type Result } from "../../domain/decider.ts";
import type { BatchId } from "../../domain/ids.ts";
import type { Rejection } from "../../domain/rejection.ts";
import type { ConsumeDataset } from "../datasetOffers.ts";
import type { Call } from "../lakeGateway.ts";
import { exportFormat } from "./batchWork.ts";
import { handOutDataset } from "./restricted.ts";
import type { Outcome, Workshop } from "./workshop.ts";

export const consumeDataset = async (
  shop: Workshop,
  call: Call,
  request: ConsumeDataset,
): Outcome => {
  // Everything is published as Parquet.
  if (request.format !== "parquet") {
    const exported = await exportAll(shop, call, request);
    if (!exported.ok) return exported;
  }
  return handOutDataset(shop, call, request);
};

/** What cannot be made does not hold up the others: the manifest says of which it is so. */
const exportAll = async (
  shop: Workshop,
  call: Call,
  request: ConsumeDataset,
): Promise<Result<null, Rejection>> => {
  const { format, consumer } = request;
  const asked = await shop.lake.ask(call, { kind: "to_export", request });
  if (!asked.ok) return asked;
  for (const item of asked.value.kind === "list" ? asked.value.items : []) {
    const batch_id = item.batch_id as BatchId;
    // The version that If-Match means is the dataset's.
    const made = await exportFormat(
      shop,
      { ...call, if_match: null },
      { batch_id, format, consumer },
    );
    if (made.ok && made.value.replayed) break;
  }
  return ok(null);
};
