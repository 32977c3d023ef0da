/** Requests to be forgotten. */
import { z } from "zod";
import { commandAnswer as answerSchema, list, resource } from "../../contracts/answers.ts";
import {
  executeDeletion,
  holdDeletion,
  noteIdentity,
  reason,
  rejectDeletion,
  requestDeletion,
} from "../../contracts/bodies.ts";
import { deletionId, page, when } from "../../contracts/fields.ts";
import { reject } from "../../domain/rejection.ts";
import { decodeCursor, route, stateAnswer } from "../route.ts";
import { listAnswer } from "./lists.ts";
import { proof } from "./proofs.ts";
import { command, none, refuseBoth, whenOf, whenQuery } from "./shared.ts";

const deletion = resource("Deletion");
const deletionAnswer = answerSchema("DeletionAnswer", { deletion });
const byId = z.strictObject({ id: deletionId });
const yesNo = z.enum(["true", "false"]).transform((value) => value === "true");

export const deletionRoutes = [
  route({
    method: "post",
    path: "/deletions",
    scope: "lake",
    tag: "Deletions",
    summary: "Record a person's request to be forgotten (GDPR Art. 17)",
    params: none,
    query: none,
    body: requestDeletion,
    success: {
      status: 201,
      schema: deletionAnswer,
      also: { 200: "A request for this person is open already: the open one" },
    },
    handle: ({ body, ...deps }) => {
      const requested_by = body.requested_by ?? deps.call.actor;
      return command(deps, { type: "RequestDeletion", ...body, requested_by });
    },
  }),
  route({
    method: "get",
    path: "/deletions",
    scope: "lake",
    tag: "Deletions",
    summary: "Requests in the order in which they were recorded",
    params: none,
    query: z.strictObject({
      ...page,
      status: z
        .enum(["pending", "held", "in_progress", "completed", "rejected", "failed"])
        .optional(),
      overdue: yesNo.optional(),
    }),
    body: null,
    success: { status: 200, schema: list("Deletions") },
    handle: async ({ query, ...deps }) => {
      const after = decodeCursor(query.cursor);
      if (!after.ok) return after;
      const { limit, status, overdue } = query;
      const now = deps.services.now().toISOString();
      return listAnswer(deps, {
        kind: "deletion",
        limit,
        after: after.value,
        ...(status ? { status } : {}),
        ...(overdue === undefined ? {} : { overdue: { is: overdue, now } }),
      });
    },
  }),
  route({
    method: "get",
    conditional: true,
    path: "/deletions/{id}",
    scope: "lake",
    tag: "Deletions",
    summary: "A request; reveal=true opens its sealed fields and is audited",
    params: byId,
    query: z.strictObject({ ...when, reveal: yesNo.optional() }),
    body: null,
    success: { status: 200, schema: deletion },
    handle: async ({ params, query, ...deps }) => {
      const both = refuseBoth(query);
      if (both) return both;
      const moment = whenOf(query);
      if (!query.reveal) {
        return stateAnswer(deps, {
          kind: "one",
          aggregate: "deletion",
          id: params.id,
          when: moment,
        });
      }
      if (moment !== null) {
        return reject("invalid", "reveal-now", "Sealed fields are opened as of now only.", [
          { path: "reveal", message: "not together with at or version" },
        ]);
      }
      return stateAnswer(deps, { kind: "reveal", deletion_id: params.id });
    },
  }),
  route({
    method: "get",
    path: "/deletions/{id}/certificate",
    scope: "lake",
    tag: "Deletions",
    summary:
      "The signed certificate of an erasure, with the event that completed it and the proof that it " +
      "stands in the log; 409 until there is one",
    params: byId,
    query: whenQuery,
    body: null,
    success: { status: 200, schema: resource("ErasureCertificate") },
    handle: async ({ params, query, ...deps }) => {
      const both = refuseBoth(query);
      if (both) return both;
      return proof(deps, { kind: "certificate", deletion_id: params.id, when: whenOf(query) });
    },
  }),
  route({
    method: "post",
    path: "/deletions/{id}/extend",
    scope: "lake",
    tag: "Deletions",
    summary: "Extend by two months, told within the first (GDPR Art. 12(3))",
    params: byId,
    query: none,
    body: reason,
    success: { status: 200, schema: deletionAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "ExtendDeletion", deletion_id: params.id, ...body }),
  }),
  route({
    method: "post",
    path: "/deletions/{id}/hold",
    scope: "lake",
    tag: "Deletions",
    summary:
      "Put on hold, until a time if one is given: restriction (Art. 18), exception (Art. 17(3))",
    params: byId,
    query: none,
    body: holdDeletion,
    success: { status: 200, schema: deletionAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "HoldDeletion", deletion_id: params.id, ...body }),
  }),
  route({
    method: "post",
    path: "/deletions/{id}/release",
    scope: "lake",
    tag: "Deletions",
    summary: "End a hold",
    params: byId,
    query: none,
    body: reason,
    success: { status: 200, schema: deletionAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "ReleaseDeletionHold", deletion_id: params.id, ...body }),
  }),
  route({
    method: "post",
    path: "/deletions/{id}/reject",
    scope: "lake",
    tag: "Deletions",
    summary: "Reject, with the ground in law (Art. 12(4))",
    params: byId,
    query: none,
    body: rejectDeletion,
    success: { status: 200, schema: deletionAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "RejectDeletion", deletion_id: params.id, ...body }),
  }),
  route({
    method: "post",
    path: "/deletions/{id}/identity",
    scope: "lake",
    tag: "Deletions",
    summary: "Ask for proof of who asks, or confirm it (GDPR Art. 12(6)); no deadline stops",
    params: byId,
    query: none,
    body: noteIdentity,
    success: { status: 200, schema: deletionAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "NoteDeletionIdentity", deletion_id: params.id, ...body }),
  }),
  route({
    method: "post",
    path: "/deletions/{id}/execute",
    scope: "lake",
    tag: "Deletions",
    summary: "Carry it out: the person's rows are erased everywhere, in the background",
    params: byId,
    query: none,
    // Nothing has to be said about it.
    body: executeDeletion.prefault({}),
    success: {
      status: 200,
      schema: deletionAnswer,
      also: { 202: "It goes on in the background: Location shows how far it is" },
    },
    handle: ({ params, body, ...deps }) =>
      command(deps, {
        type: "ExecuteDeletion",
        deletion_id: params.id,
        cause: "command",
        ...body,
      }),
  }),
];
