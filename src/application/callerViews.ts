/** Members and tokens as a client sees them: of a token's secret nothing, not even the hash. */
import type { StateOf } from "./aggregates.ts";
import type { View } from "./views.ts";

export const memberView = (member: StateOf<"member">): View | null =>
  member.status === "absent" ? null : { ...member };

/** `now` as for `view`. */
export const tokenView = (token: StateOf<"token">, now: string): View | null => {
  if (token.status === "absent") return null;
  const { secret_hash: _, status, ...shown } = token;
  const expired = status === "active" && now >= shown.expires_at;
  return { ...shown, status: expired ? "expired" : status };
};
