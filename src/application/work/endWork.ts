/** POST /batches/{id}/expire: persons for whose sake it may have to be kept are looked up first. */
import { ok, type Result } from "../../domain/decider.ts";
import type { DeletionId } from "../../domain/ids.ts";
import type { Rejection } from "../../domain/rejection.ts";
import type { EndBatch } from "../endBatch.ts";
import type { Call } from "../lakeGateway.ts";
import { heldIn } from "./lookups.ts";
import type { Outcome, Workshop } from "./workshop.ts";

export const expireBatch = async (
  shop: Workshop,
  call: Call,
  about: Pick<EndBatch, "batch_id" | "reason">,
): Outcome => {
  // Key and version are the command's.
  const asking = { ...call, idempotency: null, if_match: null };
  const asked = await keepers(shop, asking, about.batch_id);
  if (!asked.ok) return asked;
  const none = asked.value.length === 0;
  const held = none ? ok<readonly DeletionId[]>([]) : await heldIn(shop, asking, about.batch_id);
  if (!held.ok) return held;
  const request = { type: "EndBatch", ...about, asked: asked.value, held: held.value } as const;
  return shop.lake.command(call, request);
};

const keepers = async (
  { lake }: Workshop,
  call: Call,
  batch_id: EndBatch["batch_id"],
): Promise<Result<readonly string[], Rejection>> => {
  const reply = await lake.ask(call, { kind: "keepers", batch_id });
  if (!reply.ok) return reply;
  const items = reply.value.kind === "list" ? reply.value.items : [];
  return ok(items.map(({ deletion_id }) => String(deletion_id)));
};
