/**
 * Who the console speaks for. A token stays in memory; in the tab's own storage, until the tab is
 * closed, only if the person says so. Behind Cloudflare Access, and on one's own machine, there is
 * none: the request itself tells who asks.
 */

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

/** How a token calls whoever holds it: to be shown, never to be relied on. */
export const holderOf = (token: string | null): string => {
  if (token === null) return "Whoever this machine vouches for";
  const [, id] = /^lethe_.+_([0-9a-f]{16})[0-9a-f]{64}$/.exec(token) ?? [];
  if (id !== undefined) return `API token ${id}`;
  try {
    const middle = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(middle), (c) => c.charCodeAt(0));
    const { email, sub } = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    return String(email ?? sub ?? "A person");
  } catch {
    return "A token that only Lethe can read";
  }
};
