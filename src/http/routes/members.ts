/** Who has which roles in a lake. */
import { z } from "zod";
import type { Call } from "../../application/lakeGateway.ts";
import { commandAnswer as answerSchema, list, resource } from "../../contracts/answers.ts";
import { grantMember } from "../../contracts/bodies.ts";
import { page, subject } from "../../contracts/fields.ts";
import type { MemberCommand } from "../../domain/member/decide.ts";
import { decodeCursor, type Handled, route, type Services } from "../route.ts";
import { listAnswer } from "./lists.ts";
import { command, none } from "./shared.ts";

const member = resource("Member");
const memberAnswer = answerSchema("MemberAnswer", { member });
const common = { scope: "lake", tag: "Members", query: none, body: null } as const;

interface Deps {
  readonly services: Services;
  readonly call: Call;
}

/** The list of lakes, which the reports hold, shows it to whoever asks next. */
const shown = async (deps: Deps, request: MemberCommand): Handled => {
  const answer = await command(deps, request);
  if (answer.ok) await deps.services.settle(deps.call.lake_id);
  return answer;
};

export const memberRoutes = [
  route({
    ...common,
    method: "post",
    path: "/members",
    summary: "Give somebody roles in this lake: all that they are to have, others are taken",
    params: none,
    body: grantMember,
    success: { status: 201, schema: memberAnswer, also: { 200: "Was a member before" } },
    handle: ({ body, ...deps }) => shown(deps, { type: "GrantMember", ...body }),
  }),
  route({
    ...common,
    method: "get",
    path: "/members",
    summary: "Members in the order in which they became members",
    params: none,
    query: z.strictObject(page),
    success: { status: 200, schema: list("Members") },
    handle: async ({ query, ...deps }) => {
      const after = decodeCursor(query.cursor);
      if (!after.ok) return after;
      const { limit } = query;
      return listAnswer(deps, { kind: "member", status: "active", limit, after: after.value });
    },
  }),
  route({
    ...common,
    method: "delete",
    path: "/members/{subject}",
    summary: "Take all roles from a member; tokens they issued open nothing any more",
    params: z.strictObject({ subject }),
    success: { status: 200, schema: memberAnswer },
    handle: ({ params, ...deps }) => shown(deps, { type: "RevokeMember", ...params }),
  }),
];
