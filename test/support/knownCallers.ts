/**
 * The Worker as it is deployed, for tests inside the runtime: AUTH is required, an issuer of the
 * test's own vouches for callers, and its keys are fetched from it and nowhere else.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import type { Role } from "../../src/domain/member/roles.ts";
import type { Env } from "../../src/env.ts";
import worker from "../../src/worker.ts";
import { type IssuerKey, keySet, newKey, sign } from "./issuer.ts";
import { type Answer, at } from "./lakeClient.ts";

export const ISSUER = "https://id.lethe.test";

export interface Asked {
  readonly method?: string;
  readonly path: string;
  /** Scheme and host it is sent to: the machine's own unless said. */
  readonly origin?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Sender = (asked: Asked) => Promise<Answer>;

export interface KnownCallers {
  readonly key: IssuerKey;
  readonly keys: ReturnType<typeof keySet>;
  /** What the Worker runs with. */
  readonly bindings: Env;
  /** A token of the issuer's for a subject; `claims` replace what it says. */
  jwt(subject: string, claims?: object): Promise<string>;
  /** Sends under a credential, or under none. */
  send(credential: string | null, asked: Asked): Promise<Answer>;
  /** Sends as a subject, with a token of the issuer's. */
  as(subject: string): Sender;
  readonly nobody: Sender;
}

/** `admins`: subjects of PLATFORM_ADMINS. */
export const knownCallers = async (
  admins: readonly string[] = [],
  variables: Partial<Env> = {},
): Promise<KnownCallers> => {
  const key = await newKey(`key-${crypto.randomUUID()}`);
  const keys = keySet([key]);
  // Of its own, so that two of them are not each other's.
  const jwks_uri = `${ISSUER}/${key.kid}`;
  const real = globalThis.fetch;
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    if (String(input) === jwks_uri) return keys.fetch();
    // Nothing listens where the simulator's S3 endpoint would be.
    const s3 = new URL(String(input)).pathname.startsWith("/cdn-cgi/local/r2/s3/");
    return s3 ? new Response(null, { status: 502 }) : real(input, init);
  });
  const bindings = {
    ...env,
    AUTH: "required",
    ROOT_SECRET: env.ROOT_SECRET,
    OIDC_ISSUERS: JSON.stringify([{ issuer: ISSUER, audience: "lethe", jwks_uri }]),
    PLATFORM_ADMINS: JSON.stringify(admins),
    ...variables,
  } as Env;

  const jwt: KnownCallers["jwt"] = (sub, claims = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return sign({ iss: ISSUER, aud: "lethe", sub, iat: now, exp: now + 3600, ...claims }, key);
  };

  const send: KnownCallers["send"] = async (
    credential,
    { method = "GET", path, origin = "http://127.0.0.1", body, headers },
  ) => {
    const json = body !== undefined && typeof body !== "string";
    const context = createExecutionContext();
    const request = new Request(`${origin}${path}`, {
      method,
      redirect: "manual",
      headers: {
        ...(json ? { "Content-Type": "application/json" } : {}),
        ...(credential === null ? {} : { Authorization: `Bearer ${credential}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: json ? JSON.stringify(body) : String(body) }),
    });
    const asked = request as Parameters<typeof worker.fetch>[0];
    const response = await worker.fetch(asked, bindings, context);
    const endless = response.headers.get("Content-Type") === "text/event-stream";
    if (endless) await response.body?.cancel();
    const text = endless ? "" : await response.text();
    await waitOnExecutionContext(context);
    const isJson = /\bjson\b/.test(response.headers.get("Content-Type") ?? "");
    const parsed: unknown = isJson && text !== "" ? JSON.parse(text) : text;
    return {
      status: response.status,
      headers: response.headers,
      body: parsed,
      at: (...steps) => at(parsed, ...steps),
      text: (...steps) => String(at(parsed, ...steps)),
    };
  };

  return {
    key,
    keys,
    bindings,
    jwt,
    send,
    as: (subject) => async (asked) => send(await jwt(subject), asked),
    nobody: (asked) => send(null, asked),
  };
};

/** A lake whose owner is `<id>-owner`, with a member `<id>-<role>` for every role asked for. */
export const lakeWith = async (
  { as }: KnownCallers,
  roles: readonly Role[] = [],
  compliance_level: "standard" | "gdpr" | "strict" = "gdpr",
) => {
  const id = `lake-${crypto.randomUUID()}`;
  const name = (role: Role) => `${id}-${role}`;
  const owner = as(name("owner"));
  const made = { lake_id: id, name: "A lake", region: "eu", compliance_level };
  const created = await owner({ method: "POST", path: "/lakes", body: made });
  if (created.status !== 201) throw new Error(`no lake: ${JSON.stringify(created.body)}`);
  for (const role of roles.filter((one) => one !== "owner")) {
    const body = { subject: name(role), roles: [role] };
    const granted = await owner({ method: "POST", path: `/lakes/${id}/members`, body });
    if (granted.status !== 201) throw new Error(`no ${role}: ${JSON.stringify(granted.body)}`);
  }
  const within = (sender: Sender) => (method: string, path: string, body?: unknown) =>
    sender({ method, path: `/lakes/${id}${path}`, body });
  return { id, name, within, as: (role: Role) => within(as(name(role))) };
};
