/** Every route as every role, as nobody, as a member of another lake, with what has expired. */
import { abortAllDurableObjects } from "cloudflare:test";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ACCESS, accessOf, type Operation } from "../../src/application/accessTable.ts";
import { ROLES, type Role } from "../../src/domain/member/roles.ts";
import { operationOf } from "../../src/http/auth/operations.ts";
import { ROUTES } from "../../src/http/routes/all.ts";
import { type Asked, type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import type { Answer } from "../support/lakeClient.ts";

const reason = { reason: "because" };
const run = "/run-privacy/b~2";

/** A request for each that is understood; whether what it names is there does not matter. */
const SAMPLES: Readonly<Record<Operation, { readonly path?: string; readonly body?: unknown }>> = {
  "GET /health": {},
  "GET /ready": {},
  "GET /metrics": {},
  "GET /admin/ready": {},
  "GET /admin/parked": {},
  "POST /admin/redrive": {},
  "GET /": {},
  "GET /console": {},
  "GET /docs": {},
  "GET /openapi.json": {},
  "GET /deadlines": { path: "/deadlines?received_at=2026-11-23" },
  "GET /sealed/{token}": { path: "/sealed/x.y" },
  "POST /lakes": {
    body: { lake_id: "taken-by-all", name: "n", region: "eu", compliance_level: "gdpr" },
  },
  "GET /lakes": {},
  "GET /lakes/{lake_id}": { path: "" },
  "GET /me": {},
  "POST /compliance-level": { body: { compliance_level: "gdpr" } },
  "POST /locality": { body: { country: "DE" } },
  "GET /report": {},
  "POST /members": { body: { subject: "somebody", roles: ["auditor"] } },
  "GET /members": {},
  "DELETE /members/{subject}": { path: "/members/nobody" },
  "POST /tokens": { body: { name: "ci", roles: ["analyst"], expires_at: "2000-01-01T00:00:00Z" } },
  "GET /tokens": {},
  "DELETE /tokens/{id}": { path: "/tokens/none" },
  "POST /datasets": { body: { name: "d", schema: { id: "int" }, contains_pii: false } },
  "GET /datasets": {},
  "GET /datasets/{name}": { path: "/datasets/d" },
  "POST /datasets/{name}/activate-version": {
    path: "/datasets/d/activate-version",
    body: { version: 1 },
  },
  "POST /datasets/{name}/deprecate": { path: "/datasets/none/deprecate" },
  "POST /datasets/{name}/amend": { path: "/datasets/d/amend", body: { description: "said" } },
  "POST /ingest-dataset": {
    body: { dataset_id: "i", source: "s", record_count: 1, contains_pii: false },
  },
  "POST /contracts": { body: { dataset: "d", contract_id: "c", retention_days: 1 } },
  "GET /contracts": {},
  "GET /contracts/{id}": { path: "/contracts/c" },
  "PUT /contracts/{id}": { path: "/contracts/c", body: { dataset: "d", retention_days: 1 } },
  "POST /contracts/{id}/approve": { path: "/contracts/c/approve" },
  "POST /contracts/{id}/decline": { path: "/contracts/c/decline", body: reason },
  "POST /contracts/{id}/deprecate": { path: "/contracts/none/deprecate" },
  "POST /upload-url": { body: { filename: "f.csv" } },
  "POST /datasets/{name}/upload-url": {
    path: "/datasets/d/upload-url",
    body: { filename: "f.csv" },
  },
  "POST /download-url": { body: { filename: "f.csv" } },
  "POST /datasets/{name}/download-url": {
    path: "/datasets/d/download-url",
    body: { filename: "f.csv" },
  },
  "POST /append-batch": {
    body: { dataset: "d", contract_id: "c", batch_id: "b", file_url: "f.csv" },
  },
  "GET /batches": {},
  "GET /batches/{id}": { path: "/batches/b" },
  "GET /batches/{id}/quarantine": { path: "/batches/b/quarantine" },
  "POST /run-dq": { body: { batch_id: "b" } },
  "POST /run-privacy": { body: { batch_id: "b" } },
  "POST /run-privacy/{run}/approve": { path: `${run}/approve` },
  "POST /run-privacy/{run}/reject": { path: `${run}/reject`, body: reason },
  "POST /run-privacy/{run}/rollback": { path: `${run}/rollback`, body: reason },
  "POST /quarantine-batch": { body: { batch_id: "b", ...reason } },
  "POST /release-batch": { body: { batch_id: "b", ...reason } },
  "POST /publish-batch": { body: { batch_id: "b" } },
  "POST /consume-batch": { body: { batch_id: "b" } },
  "POST /datasets/{name}/consume": { path: "/datasets/d/consume", body: {} },
  "POST /replay": { body: { dataset: "d" } },
  "POST /batches/{id}/cancel": { path: "/batches/b/cancel" },
  "POST /batches/{id}/expire": { path: "/batches/none/expire", body: reason },
  "POST /replays/{id}/cancel": { path: "/replays/none/cancel" },
  "GET /uploads": {},
  "GET /replays": {},
  "GET /replays/{id}": { path: "/replays/none" },
  "GET /events": {},
  "GET /events/stream": {},
  "GET /access-log": {},
  "POST /audit-access": { body: { dataset_id: "d", action: "read", purpose: "p" } },
  "GET /log/key": {},
  "GET /log/checkpoint": {},
  "POST /log/checkpoint": {},
  "GET /log/leaves": {},
  "GET /log/inclusion": { path: "/log/inclusion?seq=1" },
  "GET /log/consistency": { path: "/log/consistency?from=1&to=1" },
  "GET /log/import": {},
  "POST /log/import": {
    path: `/log/import?complete=true&root=${encodeURIComponent(`${"A".repeat(43)}=`)}`,
  },
  "DELETE /log/import": {},
  "POST /deletions": { body: { subject_id: "s", ...reason } },
  "GET /deletions": {},
  "GET /deletions/{id}": { path: "/deletions/none" },
  "GET /deletions/{id}?reveal=true": { path: "/deletions/none?reveal=true" },
  "GET /deletions/{id}/certificate": { path: "/deletions/none/certificate" },
  "POST /deletions/{id}/extend": { path: "/deletions/none/extend", body: reason },
  "POST /deletions/{id}/hold": { path: "/deletions/none/hold", body: reason },
  "POST /deletions/{id}/release": { path: "/deletions/none/release", body: reason },
  "POST /deletions/{id}/reject": { path: "/deletions/none/reject", body: reason },
  "POST /deletions/{id}/identity": {
    path: "/deletions/none/identity",
    body: { ...reason, verified: true },
  },
  "POST /deletions/{id}/execute": { path: "/deletions/none/execute" },
  "POST /subject-access": { body: { subject_id: "s" } },
  "GET /subject-access": {},
  "GET /subject-access/{id}": { path: "/subject-access/none" },
  "POST /subject-access/{id}/extend": { path: "/subject-access/none/extend", body: reason },
  "POST /subject-access/{id}/reject": { path: "/subject-access/none/reject", body: reason },
  "POST /webhooks": { body: { url: "https://hooks.example.com/x", events: ["BatchQuarantined"] } },
  "GET /webhooks": {},
  "GET /webhooks/{id}": { path: "/webhooks/none" },
  "DELETE /webhooks/{id}": { path: "/webhooks/none" },
  "GET /webhooks/{id}/deliveries": { path: "/webhooks/none/deliveries" },
  "POST /webhooks/{id}/deliveries/{delivery}/resend": {
    path: "/webhooks/none/deliveries/none/resend",
  },
  "GET /reports/processing-record": {},
  "GET /reports/monthly": { path: "/reports/monthly?month=2026-11" },
  "GET /reports/deletions": {},
  "GET /reports/deletions/overdue": {},
  "GET /reports/deletions/completed": {},
  "GET /reports/deletions/by-lake": {},
  "GET /reports/deletions/by-month": {},
  "GET /reports/subject-access": {},
  "GET /reports/access": {},
  "GET /reports/access/purposes": {},
  "GET /reports/access/first-time": {},
  "GET /reports/access/unusual": {},
  "GET /reports/lakes": {},
  "GET /reports/datasets": {},
  "GET /reports/contracts/unapproved": {},
  "GET /reports/retention": {},
  "POST /admin/reapply-erasures": {},
  "GET /admin/rewrap-keys": { path: "/admin/rewrap-keys?limit=1" },
  "POST /admin/rewrap-keys": {},
  "POST /admin/rebuild-reports": {},
  "GET /reports/monthly/archive": {},
  "GET /reports/monthly/archive/{month}/{document}": {
    path: "/reports/monthly/archive/2000-01/report.json",
  },
  "POST /admin/monthly-report": { body: { month: "2000-01" } },
  "POST /admin/sweep-alarms": {},
};

const ADMIN = "admin-of-the-platform";
const PLATFORM = new Set<string>(
  ROUTES.filter(({ scope }) => scope === "platform").map((route) => operationOf(route)),
);

let callers: KnownCallers;
let lake: Awaited<ReturnType<typeof lakeWith>>;
let stranger: string;

beforeAll(async () => {
  callers = await knownCallers([ADMIN]);
  lake = await lakeWith(callers, ROLES);
  stranger = (await lakeWith(callers)).name("owner");
});
afterAll(async () => {
  vi.unstubAllGlobals();
  // One of the routes is an endless stream: its object would wait for a reader that has gone.
  await abortAllDurableObjects();
});

/** The request for a route: of the platform, or in a lake. */
const requestOf = (operation: Operation, lake_id = lake.id): Asked => {
  const [method = "", route = ""] = operation.split(" ");
  const { path = route, body } = SAMPLES[operation];
  const overLakes = [
    "POST /admin/reapply-erasures",
    "POST /admin/rewrap-keys",
    "POST /admin/rebuild-reports",
    "POST /admin/sweep-alarms",
    "POST /admin/redrive",
  ];
  if (operation === "GET /admin/parked") return { method, path: `${path}?lake_id=${lake_id}` };
  if (overLakes.includes(operation)) return { method, path, body: { lake_id } };
  const own = ACCESS[operation].kind === "anyone" && operation !== "GET /sealed/{token}";
  const prefix = PLATFORM.has(operation) || own ? "" : `/lakes/${lake_id}`;
  return { method, path: `${prefix}${path}`, body };
};

const operations = Object.keys(SAMPLES) as Operation[];
const refusalCodes = ["role-missing", "not-an-administrator", "token-of-a-lake", "lake-not-found"];

/** What became of a request, as far as it is about who asked. */
const verdict = ({ status, body }: Answer): string => {
  const code = (body as { code?: string } | null)?.code ?? "";
  if (status === 401) return "unknown";
  return refusalCodes.includes(code) ? code : "in";
};

const expected = (operation: Operation, role: Role): string => {
  const access = accessOf(operation);
  if (access.kind === "anyone" || access.kind === "person") return "in";
  if (access.kind === "admin") return "not-an-administrator";
  const may = [...access.roles, ...access.published].some(
    (one) => one === role || role === "owner",
  );
  return may ? "in" : "role-missing";
};

describe("the table of who may do what", () => {
  test("has every route there is, and no other", () => {
    const routes = ROUTES.map((route) => operationOf(route));
    const rest = operations.filter((operation) => !routes.includes(operation));
    expect(rest).toEqual([
      "GET /health",
      "GET /",
      "GET /console",
      "GET /docs",
      "GET /openapi.json",
      "GET /deletions/{id}?reveal=true",
    ]);
    expect([...routes].filter((operation) => !operations.includes(operation))).toEqual([]);
  });
});

/** Who is let in where, as far as the table says; what differs from it is what a test shows. */
const differences = async (
  send: (asked: Asked) => Promise<Answer>,
  says: (operation: Operation) => string,
): Promise<readonly string[]> => {
  const found: string[] = [];
  for (const operation of operations) {
    const answer = await send(requestOf(operation));
    const is = answer.status >= 500 ? `${answer.status}` : verdict(answer);
    const text = JSON.stringify(answer.body).slice(0, 200);
    if (is !== says(operation)) found.push(`${operation}: ${is}, not ${says(operation)}: ${text}`);
  }
  return found;
};

const isOpen = (operation: Operation) => accessOf(operation).kind === "anyone";
const isPersonal = (operation: Operation) => accessOf(operation).kind === "person";
const isAdmins = (operation: Operation) => accessOf(operation).kind === "admin";

describe("every route", () => {
  test.each(ROLES)("lets in as %s whom the table lets in, and nobody else", async (role) => {
    const as = callers.as(lake.name(role));
    expect(await differences(as, (operation) => expected(operation, role))).toEqual([]);
  });

  test("lets in a machine with a role where it lets in a person, but for what gives rights", async () => {
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    for (const role of ROLES) {
      const body = { name: "ci", roles: [role], expires_at };
      const issued = await lake.as("owner")("POST", "/tokens", body);
      expect(issued.status).toBe(201);
      const send = (asked: Asked) => callers.send(issued.text("secret"), asked);
      const found = await differences(send, (operation) => {
        const access = accessOf(operation);
        if (access.kind === "person" || access.kind === "admin") return "token-of-a-lake";
        return expected(operation, role);
      });
      const persons = Object.entries(ACCESS).flatMap(([operation, access]) =>
        access.kind === "member" && access.persons ? [operation] : [],
      );
      expect(persons).toHaveLength(4);
      // Refused for another reason than a role, which only persons are refused for.
      expect(found.map((line) => line.split(":", 1)[0])).toEqual(
        persons.filter((operation) => expected(operation as Operation, role) !== "in"),
      );
      for (const operation of persons as Operation[]) {
        expect((await send(requestOf(operation))).at("code"), operation).toBe("persons-only");
      }
    }
  });

  test("answers nobody in particular 401, but those that need no caller", async () => {
    const says = (operation: Operation) => (isOpen(operation) ? "in" : "unknown");
    expect(await differences(callers.nobody, says)).toEqual([]);
    for (const path of ["/lakes", `/lakes/${lake.id}`, `/lakes/${lake.id}/datasets`]) {
      const answer = await callers.nobody({ path });
      expect(answer.headers.get("WWW-Authenticate")).toBe('Bearer realm="lethe"');
      expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
    }
  });

  test("answers what has expired, and what no issuer has signed, 401", async () => {
    const past = Math.floor(Date.now() / 1000) - 3600;
    const expired = await callers.jwt(lake.name("owner"), { iat: past, exp: past + 60 });
    const forged = `${(await callers.jwt(lake.name("owner"))).slice(0, -8)}AAAAAAAA`;
    const guessed = `lethe_${lake.id}_${"0".repeat(80)}`;
    const says = (operation: Operation) => (isOpen(operation) ? "in" : "unknown");
    for (const credential of [expired, forged]) {
      const send = (asked: Asked) => callers.send(credential, asked);
      expect(await differences(send, says)).toEqual([]);
    }
    const send = (asked: Asked) => callers.send(guessed, asked);
    expect(
      await differences(send, (operation) =>
        isPersonal(operation) || isAdmins(operation) ? "token-of-a-lake" : says(operation),
      ),
    ).toEqual([]);
  });

  test("is not there for a member of another lake, word for word as in a lake that is not there", async () => {
    const as = callers.as(stranger);
    const found = await differences(as, (operation) => {
      if (isAdmins(operation)) return "not-an-administrator";
      return isOpen(operation) || isPersonal(operation) ? "in" : "lake-not-found";
    });
    expect(found).toEqual([]);
    for (const operation of operations) {
      if (PLATFORM.has(operation)) continue;
      const [here, nowhere] = [requestOf(operation), requestOf(operation, "lake-of-nobody")];
      const seen = [await as(here), await as(nowhere)].map(({ status, body, headers }) => {
        const entries = [...headers].filter(([name]) => name !== "x-request-id");
        return { status, body, headers: entries };
      });
      expect([operation, seen[0]]).toEqual([operation, seen[1]]);
    }
  });

  test("lets in an administrator of the platform across lakes, and into a lake's membership alone", async () => {
    const as = callers.as(ADMIN);
    const found = await differences(as, (operation) => {
      const access = accessOf(operation);
      return access.kind === "member" && !access.admin ? "lake-not-found" : "in";
    });
    expect(found).toEqual([]);
  });
});
