/**
 * As much of Cloudflare's interface as a deployment uses, on this machine. D1 is real SQLite, so what
 * is migrated is migrated; a Worker's upload is kept to be looked at. What nobody has foreseen is
 * answered 404 and stands among `unknown`.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync } from "node:sqlite";

export const ACCOUNT_ID = "0123456789abcdef0123456789abcdef";

export interface Account {
  /** Of the Worker; null: nobody has deployed it yet, nor given it a secret. */
  secrets: readonly string[] | null;
  plan: "free" | "paid";
}

export interface CloudflareApi {
  readonly account: Account;
  /** What wrangler is to have in its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** What changed something, in order: `PUT workers/scripts/lethe`. */
  readonly changes: string[];
  readonly unknown: string[];
  /** By the database's id. */
  readonly databases: ReadonlyMap<string, DatabaseSync>;
  /** By the bucket's name, with its jurisdiction before it: `eu/lethe-objects-eu`. */
  readonly corsRules: ReadonlyMap<string, unknown>;
  /** The metadata of the Worker that was uploaded last. */
  uploaded(): Readonly<Record<string, unknown>> | null;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly result: unknown;
  readonly error?: { readonly code: number; readonly message: string };
}

const ok = (result: unknown): Answer => ({ status: 200, result });
const no = (status: number, code: number, message: string): Answer => ({
  status,
  result: null,
  error: { code, message },
});

const NO_WORKER = no(404, 10007, "This Worker does not exist on your account.");
const FREE_PLAN = no(403, 100328, "CPU limits are not supported for the Free plan.");

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
};

export const cloudflareApi = async (): Promise<CloudflareApi> => {
  const account: Account = { secrets: null, plan: "paid" };
  const changes: string[] = [];
  const unknown: string[] = [];
  const databases = new Map<string, DatabaseSync>();
  const corsRules = new Map<string, unknown>();
  let migration_tag: string | undefined;
  let uploaded: Readonly<Record<string, unknown>> | null = null;

  const query = (id: string, body: Buffer): Answer => {
    const { sql, params = [] } = JSON.parse(body.toString()) as {
      readonly sql: string;
      readonly params?: readonly (string | number | null)[];
    };
    const database = databases.get(id) ?? new DatabaseSync(":memory:");
    databases.set(id, database);
    if (/^\s*(SELECT|PRAGMA)/i.test(sql)) {
      return ok([{ success: true, meta: {}, results: database.prepare(sql).all(...params) }]);
    }
    database.exec(sql);
    return ok([{ success: true, meta: {}, results: [] }]);
  };

  const upload = async (request: IncomingMessage, body: Buffer): Promise<Answer> => {
    const headers = { "Content-Type": request.headers["content-type"] ?? "" };
    const form = await new Response(new Uint8Array(body), { headers }).formData();
    const metadata = JSON.parse(String(form.get("metadata"))) as Readonly<Record<string, unknown>>;
    if (account.plan === "free" && metadata.limits !== undefined) return FREE_PLAN;
    uploaded = metadata;
    const { new_tag } = (metadata.migrations ?? {}) as { readonly new_tag?: string };
    migration_tag = new_tag ?? migration_tag;
    const id = `00000000-0000-4000-8000-${String(changes.length).padStart(12, "0")}`;
    return ok({
      id,
      deployment_id: id,
      startup_time_ms: 100,
      resources: { script: { etag: "1" } },
    });
  };

  const answer = async (request: IncomingMessage, body: Buffer): Promise<Answer | null> => {
    const { pathname } = new URL(request.url ?? "/", "http://127.0.0.1");
    const route = pathname.replace(`/client/v4/accounts/${ACCOUNT_ID}/`, "");
    const asked = `${request.method} ${route}`;
    const database = /^POST d1\/database\/([^/]+)\/query$/.exec(asked)?.[1];
    if (database !== undefined) {
      if (!changes.includes(asked)) changes.push(asked);
      return query(database, body);
    }
    if (request.method !== "GET") changes.push(asked);
    const bucket = /^PUT r2\/buckets\/([^/]+)\/cors$/.exec(asked)?.[1];
    if (bucket !== undefined) {
      const jurisdiction = request.headers["cf-r2-jurisdiction"];
      const name = jurisdiction ? `${String(jurisdiction)}/${bucket}` : bucket;
      corsRules.set(name, JSON.parse(body.toString()));
      return ok({});
    }
    if (/^GET r2\/buckets\/[^/]+$/.test(asked)) return ok({ name: route.split("/")[2] });
    switch (asked) {
      case "GET workers/scripts/lethe/secrets":
        if (account.secrets === null) return NO_WORKER;
        return ok(account.secrets.map((name) => ({ name, type: "secret_text" })));
      case "GET workers/services/lethe":
        return ok({
          default_environment: { environment: "production", script: { migration_tag } },
        });
      case "GET workers/scripts/lethe/deployments":
        return ok({ deployments: [] });
      case "GET workers/scripts/lethe/settings":
        return ok({ bindings: [] });
      case "GET workers/workers/lethe":
        return ok({ subdomain: { enabled: false, previews_enabled: false } });
      // The whole Worker; a further version of one whose migrations are applied; what serves from now on.
      case "PUT workers/scripts/lethe":
      case "POST workers/scripts/lethe/versions":
        return await upload(request, body);
      case "POST workers/scripts/lethe/deployments":
        return ok({ id: "1" });
      case "PATCH workers/scripts/lethe/script-settings":
      case "POST workers/scripts/lethe/subdomain":
      case "PUT workers/scripts/lethe/schedules":
      case "PUT workers/scripts/lethe/domains/records":
        return ok(JSON.parse(body.toString()));
      case "POST workers/scripts/lethe/domains/changeset":
        return ok({ added: [], removed: [], updated: [], conflicting: [] });
      default:
        return null;
    }
  };

  const server = createServer((request, response) => {
    const respond = async () => {
      const found = await answer(request, await bodyOf(request));
      if (found === null) unknown.push(`${request.method} ${request.url}`);
      const { status, result, error } = found ?? no(404, 7003, "No route for that URI");
      const errors = error === undefined ? [] : [error];
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify({ success: status < 400, errors, messages: [], result }));
    };
    respond().catch((error: unknown) => response.destroy(error as Error));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    account,
    env: {
      CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${port}/client/v4`,
      CLOUDFLARE_API_TOKEN: "of-no-account",
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT_ID,
    },
    changes,
    unknown,
    databases,
    corsRules,
    uploaded: () => uploaded,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
