/** Pages of what a lake lists, and of its log. */
import { z } from "zod";
import type { Call } from "../../application/lakeGateway.ts";
import type { DirectoryFilter, EventFilter, StoredEvent } from "../../application/ports.ts";
import { ok, type Result } from "../../domain/decider.ts";
import type { Rejection } from "../../domain/rejection.ts";
import { decodeCursor, encodeCursor, type Handled, type Services } from "../route.ts";

interface Deps {
  readonly services: Services;
  readonly call: Call;
}

export const listAnswer = async ({ services, call }: Deps, filter: DirectoryFilter): Handled => {
  const reply = await services.gateway.ask(call, { kind: "list", filter });
  if (!reply.ok) return reply;
  const { value } = reply;
  const items = value.kind === "list" ? value.items : [];
  const next = value.kind === "list" ? value.next : null;
  return ok({ status: 200, body: { items, next_cursor: encodeCursor(next) } });
};

export const eventsAnswer = async (
  { services, call }: Deps,
  filter: EventFilter,
  show: (event: StoredEvent) => object,
): Handled => {
  const reply = await services.gateway.ask(call, { kind: "events", filter });
  if (!reply.ok) return reply;
  const { value } = reply;
  const items = value.kind === "events" ? value.items.map(show) : [];
  const next = value.kind === "events" ? value.next : null;
  const next_cursor = encodeCursor(next, filter.order === "desc" ? "before" : "after");
  return ok({ status: 200, body: { items, next_cursor } });
};

export const order = z
  .enum(["asc", "desc"])
  .optional()
  .meta({ description: "desc: the newest first. A cursor is of one order." });

/** Where a page of the log begins: behind the cursor, as the order has it. */
export const pageOfLog = (
  query: { readonly cursor?: string | undefined; readonly order?: "asc" | "desc" | undefined },
  after = 0,
): Result<Pick<EventFilter, "after" | "before" | "order">, Rejection> => {
  const newest = query.order === "desc";
  const at = decodeCursor(query.cursor, newest ? "before" : "after");
  if (!at.ok) return at;
  if (!newest) return ok({ after: Math.max(at.value, after) });
  const before = query.cursor === undefined ? {} : { before: at.value };
  return ok({ after, order: "desc", ...before });
};
