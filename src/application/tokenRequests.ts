/** Tokens as they are asked for, made into commands: the lake makes the secret and keeps its hash. */
import { ok, type Result } from "../domain/decider.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { TokenCommand } from "../domain/token/decide.ts";
import { managesTokens } from "./admission.ts";
import { newToken, secretHash, writeToken } from "./apiTokens.ts";
import type { LakeRequest } from "./lakeGateway.ts";
import { reader } from "./reader.ts";
import type { Means } from "./toCommand.ts";

type TokenRequest = Extract<LakeRequest, { type: "IssueToken" | "RevokeToken" }>;

export const tokenCommand = (
  request: TokenRequest,
  { log, keyring, now, actor, admitted }: Means,
): Result<TokenCommand, Rejection> => {
  if (request.type === "RevokeToken") {
    return ok({ ...request, of: managesTokens(admitted) ? null : admitted.person });
  }
  const lake = reader(log).lake();
  if (lake.status === "absent") return lakeNotFound();
  const token = newToken(lake.lake_id);
  return ok({
    ...request,
    token_id: token.token_id,
    issued_by: admitted.person ?? actor,
    secret_hash: secretHash(token, keyring()),
    issuer_roles: admitted.roles,
    now,
    shown_token: writeToken(token),
  });
};
