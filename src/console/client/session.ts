/**
 * Who the console speaks for. A token stays in memory; in the tab's own storage, until the tab is
 * closed, only if the person says so. Behind Cloudflare Access, and on one's own machine, there is
 * none: the request itself tells who asks.
 */
import { words } from "./format.ts";

export interface Credential {
  readonly token: string;
  readonly kept: boolean;
}

type Storage = Pick<globalThis.Storage, "getItem" | "setItem" | "removeItem">;

const TOKEN = "lethe.token";

export const keptCredential = (storage: Storage): Credential | null => {
  const token = storage.getItem(TOKEN);
  return token === null ? null : { token, kept: true };
};

export const keepCredential = (storage: Storage, credential: Credential | null): void => {
  if (credential?.kept) storage.setItem(TOKEN, credential.token);
  else storage.removeItem(TOKEN);
};

/** What a pasted text is as a token; null for what no header may carry. */
export const tokenIn = (pasted: string): string | null => {
  const token = pasted.trim().replace(/^Bearer +/i, "");
  return /^[A-Za-z0-9._~+/-]+=*$/.test(token) ? token : null;
};

/** The lake that an API token is of; null for a token of an issuer. */
export const lakeOfToken = (token: string | null): string | null =>
  /^lethe_([A-Za-z0-9][A-Za-z0-9._-]{0,127})_[0-9a-f]{80}$/.exec(token ?? "")?.[1] ?? null;

/** The id of an API token, which is no secret; null for a token of an issuer. */
export const idOfToken = (token: string | null): string | null =>
  /^lethe_.+_([0-9a-f]{16})[0-9a-f]{64}$/.exec(token ?? "")?.[1] ?? null;

/** The claims of a token of an issuer, as far as it has any that can be read. */
const claimsOf = (token: string): Readonly<Record<string, unknown>> => {
  try {
    const middle = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(middle), (c) => c.charCodeAt(0));
    return { ...JSON.parse(new TextDecoder().decode(bytes)) };
  } catch {
    return {};
  }
};

/** Who a lake found the reader to be (`GET /me`). */
export interface Me {
  readonly actor: string;
  readonly kind: "person" | "token" | "local";
  /** Of a token. */
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly platform_admin: boolean;
  readonly valid_until: string | null;
}

/** A person by what their token calls them, where they have shown one: the log's name says little. */
export const nameOf = ({ kind, actor, name }: Me, token: string | null): string => {
  if (kind === "local") return "Whoever is at this machine";
  if (kind === "token") return `API token “${name ?? actor}”`;
  const { email } = claimsOf(token ?? "");
  return typeof email === "string" ? email : actor;
};

/** In words, as a list. */
export const rolesOf = ({ kind, roles, platform_admin }: Me): string => {
  if (kind === "local") return "may do everything";
  const admin = platform_admin ? ["platform administrator"] : [];
  return [...roles.map(words), ...admin].join(", ");
};

/** How a token calls whoever holds it: to be shown, never to be relied on. */
export const holderOf = (token: string | null): string => {
  if (token === null) return "Whoever the request itself says";
  const id = idOfToken(token);
  if (id !== null) return `API token ${id}`;
  const { email, sub } = claimsOf(token);
  return String(email ?? sub ?? "A token that only Lethe can read");
};
