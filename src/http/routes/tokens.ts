/** API tokens: how machines get into a lake. */
import { z } from "zod";
import { commandAnswer as answerSchema, list, resource } from "../../contracts/answers.ts";
import { issueToken } from "../../contracts/bodies.ts";
import { page, tokenId } from "../../contracts/fields.ts";
import { decodeCursor, route } from "../route.ts";
import { listAnswer } from "./lists.ts";
import { command, none } from "./shared.ts";

const token = resource("Token");
const common = { scope: "lake", tag: "Members", query: none, body: null } as const;

export const tokenRoutes = [
  route({
    ...common,
    method: "post",
    path: "/tokens",
    summary: "Issue a token for a machine; the answer shows it as secret, once",
    params: none,
    body: issueToken,
    success: {
      status: 201,
      schema: answerSchema("TokenAnswer", { token, secret: z.string().optional() }),
    },
    handle: ({ body, ...deps }) => command(deps, { type: "IssueToken", ...body }),
  }),
  route({
    ...common,
    method: "get",
    path: "/tokens",
    summary: "Tokens that are not revoked, and when each was used last: your own, or all as owner",
    params: none,
    query: z.strictObject(page),
    success: { status: 200, schema: list("Tokens") },
    handle: async ({ query, ...deps }) => {
      const after = decodeCursor(query.cursor);
      if (!after.ok) return after;
      const { limit } = query;
      return listAnswer(deps, { kind: "token", status: "active", limit, after: after.value });
    },
  }),
  route({
    ...common,
    method: "delete",
    path: "/tokens/{id}",
    summary: "Revoke a token: your own, or any as owner",
    params: z.strictObject({ id: tokenId }),
    success: { status: 200, schema: answerSchema("TokenRevokedAnswer", { token }) },
    handle: ({ params, ...deps }) => command(deps, { type: "RevokeToken", token_id: params.id }),
  }),
];
