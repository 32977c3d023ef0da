/** Requests for access: what the lake holds about a person, as a file for them to have. */
import { z } from "zod";
import type { Answer } from "../../application/answers.ts";
import { commandAnswer as answerSchema, list, resource } from "../../contracts/answers.ts";
import { reason, rejectAccess, requestAccess } from "../../contracts/bodies.ts";
import { DEFAULT_URL_SECONDS, page, subjectAccessId, when } from "../../contracts/fields.ts";
import { ok } from "../../domain/decider.ts";
import { reject } from "../../domain/rejection.ts";
import { SUBJECT_ACCESS_STATUSES } from "../../domain/subjectAccess/subjectAccess.ts";
import { commandAnswer, decodeCursor, type Handled, route, stateAnswer } from "../route.ts";
import { listAnswer } from "./lists.ts";
import { command, none, refuseBoth, whenOf } from "./shared.ts";

const subjectAccess = resource("SubjectAccess");
const accessAnswer = answerSchema("SubjectAccessAnswer", { subject_access: subjectAccess });
const byId = z.strictObject({ id: subjectAccessId });
const common = { scope: "lake", tag: "Subject access" } as const;
const yesNo = z.enum(["true", "false"]).transform((value) => value === "true");

export const subjectAccessRoutes = [
  route({
    ...common,
    method: "post",
    path: "/subject-access",
    summary: "Collect what the lake holds about a person (GDPR Art. 15 and 20)",
    params: none,
    query: none,
    body: requestAccess,
    success: {
      status: 202,
      schema: accessAnswer,
    },
    handle: ({ body, ...deps }) => {
      const requested_by = body.requested_by ?? deps.call.actor;
      return command(deps, { type: "RequestAccess", ...body, requested_by });
    },
  }),
  route({
    ...common,
    method: "get",
    path: "/subject-access",
    summary: "Requests for access in the order in which they were recorded",
    params: none,
    query: z.strictObject({ ...page, status: z.enum(SUBJECT_ACCESS_STATUSES).optional() }),
    body: null,
    success: { status: 200, schema: list("SubjectAccesses") },
    handle: async ({ query, ...deps }) => {
      const after = decodeCursor(query.cursor);
      if (!after.ok) return after;
      const { limit, status } = query;
      const filter = { kind: "subject-access", limit, after: after.value } as const;
      return listAnswer(deps, status ? { ...filter, status } : filter);
    },
  }),
  route({
    ...common,
    method: "get",
    path: "/subject-access/{id}",
    summary:
      "A request for access; once it is ready with a signed URL to the file, which is audited; " +
      "reveal=true opens the person's id, which is audited too",
    params: byId,
    query: z.strictObject({ ...when, reveal: yesNo.optional() }),
    body: null,
    success: { status: 200, schema: subjectAccess },
    handle: async ({ params, query, ...deps }): Handled => {
      const both = refuseBoth(query);
      if (both) return both;
      const moment = whenOf(query);
      const { id } = params;
      if (query.reveal) {
        if (moment === null)
          return stateAnswer(deps, { kind: "reveal_access", subject_access_id: id });
        return reject("invalid", "reveal-now", "Sealed fields are opened as of now only.", [
          { path: "reveal", message: "not together with at or version" },
        ]);
      }
      const asked = { kind: "one", aggregate: "subject-access", id, when: moment } as const;
      const shown = await stateAnswer(deps, asked);
      if (!shown.ok || moment !== null || !isReady(shown.value.body)) return shown;
      const signed = await deps.services.gateway.command(
        { ...deps.call, idempotency: null, if_match: null },
        { type: "SignAccessUrl", subject_access_id: id, expires_in: DEFAULT_URL_SECONDS },
      );
      const answer = await commandAnswer(signed, deps);
      if (!answer.ok) return answer;
      const url = answer.value.body as Answer["body"];
      const { download_url, method, expires_at: url_expires_at } = url;
      // As it is now that it was handed out.
      const handed = await stateAnswer(deps, asked);
      if (!handed.ok) return handed;
      const body = { ...(handed.value.body as object), download_url, method, url_expires_at };
      return ok({ ...handed.value, body });
    },
  }),
  route({
    ...common,
    method: "post",
    path: "/subject-access/{id}/extend",
    summary: "Extend by two months, told within the first (GDPR Art. 12(3))",
    params: byId,
    query: none,
    body: reason,
    success: { status: 200, schema: accessAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "ExtendAccess", subject_access_id: params.id, ...body }),
  }),
  route({
    ...common,
    method: "post",
    path: "/subject-access/{id}/reject",
    summary: "Reject, with the ground in law (GDPR Art. 12(4) and (5)); what was collected goes",
    params: byId,
    query: none,
    body: rejectAccess,
    success: { status: 200, schema: accessAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "RejectAccess", subject_access_id: params.id, ...body }),
  }),
];

const isReady = (body: unknown): boolean => (body as { status?: string }).status === "ready";
