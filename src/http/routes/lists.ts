/** Pages of what a lake lists, and of its log. */
import type { Call } from "../../application/lakeGateway.ts";
import type { DirectoryFilter, EventFilter, StoredEvent } from "../../application/ports.ts";
import { ok } from "../../domain/decider.ts";
import { encodeCursor, type Handled, type Services } from "../route.ts";

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
  return ok({ status: 200, body: { items, next_cursor: encodeCursor(next) } });
};
