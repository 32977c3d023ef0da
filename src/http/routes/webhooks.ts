/** Places outside that are told about a lake's events, and what became of each notification. */
import { z } from "zod";
import { commandAnswer as answerSchema, list, resource } from "../../contracts/answers.ts";
import { page, webhookId } from "../../contracts/fields.ts";
import { registerWebhook } from "../../contracts/webhooks.ts";
import { ok } from "../../domain/decider.ts";
import { once } from "../once.ts";
import { decodeCursor, encodeCursor, route, stateAnswer } from "../route.ts";
import { listAnswer } from "./lists.ts";
import { command, none } from "./shared.ts";

const webhook = resource("Webhook");
const delivery = resource("Delivery");
const byId = z.strictObject({ id: webhookId });
const common = { scope: "lake", tag: "Webhooks", query: none, body: null } as const;

export const webhookRoutes = [
  route({
    ...common,
    method: "post",
    path: "/webhooks",
    summary: "Be told about events; the answer shows the secret, once (Standard Webhooks)",
    params: none,
    body: registerWebhook,
    success: {
      status: 201,
      schema: answerSchema("WebhookAnswer", { webhook, secret: z.string().optional() }),
    },
    handle: ({ body, ...deps }) => command(deps, { type: "RegisterWebhook", ...body }),
  }),
  route({
    ...common,
    method: "get",
    path: "/webhooks",
    summary: "The webhooks there are",
    params: none,
    query: z.strictObject(page),
    success: { status: 200, schema: list("Webhooks") },
    handle: async ({ query, ...deps }) => {
      const after = decodeCursor(query.cursor);
      if (!after.ok) return after;
      const { limit } = query;
      return listAnswer(deps, { kind: "webhook", status: "active", limit, after: after.value });
    },
  }),
  route({
    ...common,
    method: "get",
    path: "/webhooks/{id}",
    summary: "A webhook, removed or not",
    params: byId,
    success: { status: 200, schema: webhook },
    handle: ({ params, ...deps }) =>
      stateAnswer(deps, { kind: "one", aggregate: "webhook", id: params.id, when: null }),
  }),
  route({
    ...common,
    method: "delete",
    path: "/webhooks/{id}",
    summary: "Be told no more",
    params: byId,
    success: { status: 200, schema: answerSchema("WebhookRemovedAnswer", { webhook }) },
    handle: ({ params, ...deps }) =>
      command(deps, { type: "RemoveWebhook", webhook_id: params.id }),
  }),
  route({
    ...common,
    method: "get",
    path: "/webhooks/{id}/deliveries",
    summary: "What was told, in the order of the events, and how often it was tried",
    params: byId,
    query: z.strictObject({
      ...page,
      status: z.enum(["pending", "delivered", "parked"]).optional(),
    }),
    success: { status: 200, schema: list("Deliveries") },
    handle: async ({ params, query, services, call }) => {
      const after = decodeCursor(query.cursor);
      if (!after.ok) return after;
      const { limit, status } = query;
      const filter = { webhook_id: params.id, limit, after: after.value };
      const reply = await services.gateway.ask(call, {
        kind: "deliveries",
        filter: status === undefined ? filter : { ...filter, status },
      });
      if (!reply.ok) return reply;
      const { items, next } = reply.value.kind === "list" ? reply.value : { items: [], next: null };
      return ok({ status: 200, body: { items, next_cursor: encodeCursor(next) } });
    },
  }),
  route({
    ...common,
    method: "post",
    unconditional: true,
    path: "/webhooks/{id}/deliveries/{delivery}/resend",
    summary: "Send a notification once more, delivered or parked",
    params: z.strictObject({ id: webhookId, delivery: z.string().min(1).max(128) }),
    success: { status: 200, schema: delivery },
    handle: async ({ params, ...deps }) => {
      const { id: webhook_id, delivery: delivery_id } = params;
      return once(deps, () => stateAnswer(deps, { kind: "resend", webhook_id, delivery_id }));
    },
  }),
];
