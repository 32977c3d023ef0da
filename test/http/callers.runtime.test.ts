/** Callers who are told apart: members, tokens, in whose name, four eyes, and lakes that are not theirs. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { HEARTBEAT_MS, MAX_LISTENERS_OF_ONE } from "../../src/application/eventStream.ts";
import { ROLES } from "../../src/domain/member/roles.ts";
import { type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import { eventually, lakeOf, typesOf } from "../support/lakeClient.ts";

const ADMIN = "platform-admin-1";
const DAY_MS = 86_400_000;
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();

let callers: KnownCallers;
beforeAll(async () => {
  callers = await knownCallers([ADMIN]);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const codeOf = ({ status, at }: { status: number; at: (...path: string[]) => unknown }) => [
  status,
  at("code"),
];

describe("a lake", () => {
  test("belongs to whoever creates it, by an event of its creation", async () => {
    const lake = await lakeWith(callers);
    const events = await lakeOf(lake.id).events();
    expect(events.map(({ type, stream, actor, data }) => ({ type, stream, actor, data }))).toEqual([
      expect.objectContaining({ type: "DataLakeCreated", actor: lake.name("owner") }),
      {
        type: "MemberGranted",
        stream: `member/${lake.name("owner")}`,
        actor: lake.name("owner"),
        data: { subject: lake.name("owner"), roles: ["owner"] },
      },
    ]);
    expect((await lake.as("owner")("GET", "")).at("owner_id")).toBe(lake.name("owner"));
  });

  test("is created for somebody else by an administrator alone", async () => {
    const made = { lake_id: `lake-${crypto.randomUUID()}`, name: "n", region: "eu" };
    const body = { ...made, compliance_level: "gdpr", owner_id: "carol-3" };
    const asked = { method: "POST", path: "/lakes", body };
    expect(codeOf(await callers.as("dave-4")(asked))).toEqual([403, "not-in-your-name"]);
    expect(await lakeOf(made.lake_id).stub.settle()).toBe(true);
    expect((await callers.as(ADMIN)(asked)).status).toBe(201);
    const path = `/lakes/${made.lake_id}/members`;
    expect((await callers.as("carol-3")({ path })).at("items")).toMatchObject([
      { subject: "carol-3", roles: ["owner"], status: "active" },
    ]);
    expect((await callers.as("dave-4")({ path })).status).toBe(404);
  });

  test("is not created for nobody: an owner is somebody whom an issuer can name", async () => {
    for (const owner_id of ["carol@example.com", "carol 3", "local", "lethe", "token/0123"]) {
      const body = { name: "n", region: "eu", compliance_level: "gdpr", owner_id };
      const answer = await callers.as(ADMIN)({ method: "POST", path: "/lakes", body });
      expect(codeOf(answer), owner_id).toEqual([422, "owner-unnameable"]);
      expect(JSON.stringify(answer.body)).not.toContain("carol");
    }
  });

  test("is listed to its members, and to administrators whoever they are", async () => {
    const lake = await lakeWith(callers, ["analyst"]);
    const other = await lakeWith(callers);
    const listed = async (subject: string) => {
      const ids: unknown[] = [];
      let cursor = "";
      do {
        const page = await callers.as(subject)({ path: `/lakes?limit=1000${cursor}` });
        ids.push(...(page.at("items") as { lake_id: string }[]).map(({ lake_id }) => lake_id));
        const next = page.at("next_cursor");
        cursor = next === null ? "" : `&cursor=${encodeURIComponent(String(next))}`;
      } while (cursor !== "");
      return ids;
    };
    expect(await listed(lake.name("owner"))).toEqual([lake.id]);
    expect(await listed(lake.name("analyst"))).toEqual([lake.id]);
    expect(await listed("nobody-9")).toEqual([]);
    expect(await listed(ADMIN)).toEqual(expect.arrayContaining([lake.id, other.id]));
    await lake.as("owner")("DELETE", `/members/${lake.name("analyst")}`);
    expect(await listed(lake.name("analyst"))).toEqual([]);
  });

  test("that comes into being on first use does so for an administrator, who then owns it", async () => {
    const DEFAULT_LAKE = `default-${crypto.randomUUID()}`;
    const own = await knownCallers([ADMIN], { DEFAULT_LAKE });
    const missing = await own.as("erin-5")({ path: "/datasets" });
    expect(codeOf(missing)).toEqual([404, "lake-not-found"]);
    expect(codeOf(await own.nobody({ path: "/datasets" }))).toEqual([401, "caller-unknown"]);
    expect((await own.as(ADMIN)({ path: `/lakes/${DEFAULT_LAKE}` })).status).toBe(200);
    expect((await own.as(ADMIN)({ path: "/members" })).at("items")).toMatchObject([
      { subject: ADMIN, roles: ["owner"] },
    ]);
    expect(codeOf(await own.as("erin-5")({ path: "/datasets" }))).toEqual([404, "lake-not-found"]);
  });
});

describe("members", () => {
  test("are granted, seen and revoked, and what was taken is taken at once", async () => {
    const lake = await lakeWith(callers);
    const owner = lake.as("owner");
    const ann = lake.within(callers.as("ann-1"));
    expect(codeOf(await ann("GET", "/datasets"))).toEqual([404, "lake-not-found"]);

    const granted = await owner("POST", "/members", { subject: "ann-1", roles: ["steward"] });
    expect([granted.status, typesOf(granted)]).toEqual([201, ["MemberGranted"]]);
    expect(granted.at("member")).toMatchObject({ subject: "ann-1", roles: ["steward"] });
    expect((await ann("GET", "/datasets")).status).toBe(200);

    const again = await owner("POST", "/members", { subject: "ann-1", roles: ["steward"] });
    expect([again.status, typesOf(again)]).toEqual([200, []]);
    const changed = await owner("POST", "/members", { subject: "ann-1", roles: ["auditor"] });
    expect([changed.status, typesOf(changed)]).toEqual([200, ["MemberGranted"]]);
    const dataset = { name: "d", schema: { id: "int" }, contains_pii: false };
    expect(codeOf(await ann("POST", "/datasets", dataset))).toEqual([403, "role-missing"]);
    expect((await ann("GET", "/members")).at("items")).toMatchObject([
      { subject: lake.name("owner") },
      { subject: "ann-1" },
    ]);

    const revoked = await owner("DELETE", "/members/ann-1");
    expect([revoked.status, typesOf(revoked)]).toEqual([200, ["MemberRevoked"]]);
    expect(codeOf(await ann("GET", "/members"))).toEqual([404, "lake-not-found"]);
    expect(codeOf(await owner("DELETE", "/members/ann-1"))).toEqual([404, "member-not-found"]);
    expect((await owner("GET", "/members")).at("items")).toHaveLength(1);
  });

  test("include an owner, always", async () => {
    const lake = await lakeWith(callers);
    const [owner, me] = [lake.as("owner"), lake.name("owner")];
    const body = { subject: me, roles: ["auditor"] };
    expect(codeOf(await owner("DELETE", `/members/${me}`))).toEqual([409, "last-owner"]);
    expect(codeOf(await owner("POST", "/members", body))).toEqual([409, "last-owner"]);
    await owner("POST", "/members", { subject: "bob-2", roles: ["owner"] });
    expect((await owner("DELETE", `/members/${me}`)).status).toBe(200);
    expect(codeOf(await owner("GET", ""))).toEqual([404, "lake-not-found"]);
  });

  test("are named opaquely, and may come from any issuer", async () => {
    const lake = await lakeWith(callers);
    const owner = lake.as("owner");
    const nobodies = ["local", "lethe", "token/9f1c2b3a4d5e6f70"];
    // A URL that ends in one of them is another's before it is sent.
    const ways = [".", ".."];
    for (const subject of ["ann@example.com", "a b", "", "x".repeat(256), ...ways, ...nobodies]) {
      const answer = await owner("POST", "/members", { subject, roles: ["auditor"] });
      expect(codeOf(answer), subject).toEqual([422, "invalid-input"]);
    }
    const subject = "https://second.example/realm#auth0|7";
    await owner("POST", "/members", { subject, roles: ["auditor"] });
    const path = `/members/${encodeURIComponent(subject)}`;
    expect((await owner("DELETE", path)).at("member")).toMatchObject({ subject, roles: [] });
  });

  test("of a lake from before there were members are given by an administrator", async () => {
    const old = lakeOf(`lake-${crypto.randomUUID()}`);
    const made = await old.gateway.command(old.call(), {
      type: "CreateDataLake",
      lake_id: old.id as never,
      name: "n",
      owner_id: "local",
      region: "eu",
      compliance_level: "gdpr",
      country: null,
      time_zone: null,
    });
    expect(made.ok).toBe(true);
    const path = `/lakes/${old.id}/members`;
    const body = { subject: "ann-1", roles: ["owner"] };
    const asked = { method: "POST", path, body };
    expect(codeOf(await callers.as("ann-1")(asked))).toEqual([404, "lake-not-found"]);
    expect((await callers.as(ADMIN)(asked)).status).toBe(201);
    expect((await callers.as("ann-1")({ path })).status).toBe(200);
  });
});

describe("an API token", () => {
  const ci = { name: "ci", roles: ["engineer"], expires_at: inDays(30) };

  test("is shown once and kept as a hash", async () => {
    const lake = await lakeWith(callers);
    const owner = lake.as("owner");
    const key = { "Idempotency-Key": crypto.randomUUID() };
    const asked = { method: "POST", path: `/lakes/${lake.id}/tokens`, body: ci, headers: key };
    const issued = await callers.as(lake.name("owner"))(asked);
    expect([issued.status, typesOf(issued)]).toEqual([201, ["TokenIssued"]]);
    const secret = issued.text("secret");
    expect(secret).toMatch(new RegExp(`^lethe_${lake.id}_[0-9a-f]{80}$`));

    // Asked again under the same key, the answer is the same but for the secret.
    const again = await callers.as(lake.name("owner"))(asked);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(again.at("token")).toEqual(issued.at("token"));
    expect(again.at("secret")).toBeUndefined();

    const tail = secret.slice(-64);
    for (const text of [
      await lakeOf(lake.id).dump(),
      JSON.stringify((await owner("GET", "/tokens")).body),
      JSON.stringify((await owner("GET", "/events")).body),
    ]) {
      expect(text).not.toContain(tail);
    }
    const [listed] = (await owner("GET", "/tokens")).at("items") as object[];
    expect(Object.keys(listed ?? {}).sort()).toEqual([
      ...["expires_at", "issued_at", "issued_by", "last_used_on", "name", "roles", "status"],
      "token_id",
    ]);
  });

  test("opens its lake, in its own name, and its use is on record once a day", async () => {
    const lake = await lakeWith(callers);
    const issued = await lake.as("owner")("POST", "/tokens", ci);
    const machine = lake.within((asked) => callers.send(issued.text("secret"), asked));
    const token_id = issued.text("token", "token_id");
    // What is refused leaves no trace, of its use neither.
    expect(
      (await machine("POST", "/compliance-level", { compliance_level: "strict" })).status,
    ).toBe(403);
    expect((await machine("GET", "/batches/none")).status).toBe(404);
    const upload = await machine("POST", "/upload-url", { filename: "f.csv" });
    expect(upload.status).toBe(200);
    await machine("POST", "/upload-url", { filename: "g.csv" });
    expect((await machine("GET", "/datasets")).status).toBe(200);
    const events = (await lakeOf(lake.id).events()).slice(3);
    expect(events.map(({ type, actor }) => [type, actor])).toEqual([
      ["SignedUrlCreated", `token/${token_id}`],
      ["TokenUsed", `token/${token_id}`],
      ["SignedUrlCreated", `token/${token_id}`],
    ]);
    expect((await lake.as("owner")("GET", "/tokens")).at("items")).toMatchObject([
      { token_id, last_used_on: new Date().toISOString().slice(0, 10), status: "active" },
    ]);
  });

  test("leaves no trace where it was admitted, and what it asks for is refused", async () => {
    const lake = await lakeWith(callers);
    const issued = await lake.as("owner")("POST", "/tokens", { ...ci, roles: ["auditor"] });
    const machine = lake.within((asked) => callers.send(issued.text("secret"), asked));
    const typesNow = async () => (await lakeOf(lake.id).events()).map(({ type }) => type);
    const before = await typesNow();
    for (const path of ["/log/consistency?from=1&to=99999", "/events/stream?after=99999"]) {
      expect((await machine("GET", path)).status, path).toBe(422);
    }
    expect(await typesNow()).toEqual(before);
    expect((await machine("GET", "/log/consistency?from=1&to=2")).status).toBe(200);
    expect(await typesNow()).toEqual([...before, "TokenUsed"]);
  });

  test("opens no other lake, and none that is not there", async () => {
    const [lake, other] = [await lakeWith(callers), await lakeWith(callers)];
    const issued = await lake.as("owner")("POST", "/tokens", { ...ci, roles: ["owner"] });
    const send = (path: string) => callers.send(issued.text("secret"), { path });
    const answers = [await send(`/lakes/${other.id}`), await send("/lakes/nowhere")];
    for (const answer of answers) expect(codeOf(answer)).toEqual([404, "lake-not-found"]);
    expect(codeOf(await send("/lakes"))).toEqual([403, "token-of-a-lake"]);
    // Another lake's name in it makes it none of that lake's, whether there is such a lake or not.
    for (const id of [other.id, "nowhere"]) {
      const renamed = issued.text("secret").replace(lake.id, id);
      const answer = await callers.send(renamed, { path: `/lakes/${id}` });
      expect(codeOf(answer)).toEqual([401, "invalid-token"]);
      expect(answer.headers.get("WWW-Authenticate")).toContain('error="invalid_token"');
    }
  });

  test("is not guessed: what is nearly one is as wrong as what is none", async () => {
    const lake = await lakeWith(callers);
    const secret = (await lake.as("owner")("POST", "/tokens", ci)).text("secret");
    const flipped = (at: number) => {
      const digit = secret.at(at) === "0" ? "1" : "0";
      return `${secret.slice(0, at)}${digit}${at === -1 ? "" : secret.slice(at + 1)}`;
    };
    const before = (await lakeOf(lake.id).events()).length;
    const bodies = new Set<string>();
    for (const wrong of [
      ...[flipped(-1), flipped(secret.length - 64), flipped(secret.length - 80)],
      ...[`lethe_${lake.id}_${"0".repeat(80)}`, secret.toUpperCase().replace("LETHE", "lethe")],
      ...[secret.slice(0, -1), `${secret}0`, "lethe_", "lethe__", `lethe_${lake.id}`],
    ]) {
      const answer = await callers.send(wrong, { path: `/lakes/${lake.id}` });
      expect(codeOf(answer), wrong).toEqual([401, "invalid-token"]);
      if (wrong.length === secret.length && /^[a-z0-9_-]+$/.test(wrong)) {
        bodies.add(JSON.stringify(answer.body));
      }
    }
    expect(bodies.size).toBe(1);
    expect((await lakeOf(lake.id).events()).length).toBe(before);
  });

  test("ends when it expires, is revoked, or its issuer goes or loses the role", async () => {
    const lake = await lakeWith(callers, ["engineer", "steward"]);
    const engineer = lake.as("engineer");
    const secretOf = async () => (await engineer("POST", "/tokens", ci)).text("secret");
    const status = async (secret: string) =>
      (await callers.send(secret, { path: `/lakes/${lake.id}/datasets` })).status;

    const first = await engineer("POST", "/tokens", ci);
    expect(await status(first.text("secret"))).toBe(200);
    const path = `/tokens/${first.text("token", "token_id")}`;
    expect(codeOf(await lake.as("steward")("DELETE", path))).toEqual([404, "token-not-found"]);
    expect(typesOf(await engineer("DELETE", path))).toEqual(["TokenRevoked"]);
    expect(await status(first.text("secret"))).toBe(401);
    expect((await engineer("GET", "/tokens")).at("items")).toEqual([]);

    const second = await secretOf();
    expect(await status(second)).toBe(200);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse(ci.expires_at) });
    try {
      expect(await status(second)).toBe(401);
    } finally {
      vi.useRealTimers();
    }

    const subject = lake.name("engineer");
    await lake.as("owner")("POST", "/members", { subject, roles: ["analyst"] });
    expect(await status(second)).toBe(401);
    await lake.as("owner")("POST", "/members", { subject, roles: ["engineer"] });
    expect(await status(second)).toBe(200);
    const gone = await lake.as("owner")("DELETE", `/members/${subject}`);
    expect(typesOf(gone)).toEqual(["MemberRevoked", "TokenRevoked"]);
    expect(await status(second)).toBe(401);
    // Nor does it open anything again when they come back.
    await lake.as("owner")("POST", "/members", { subject, roles: ["engineer"] });
    expect(await status(second)).toBe(401);
    expect((await engineer("GET", "/tokens")).at("items")).toEqual([]);
  });

  test("has no role that its issuer lacks, and issues nothing itself", async () => {
    const lake = await lakeWith(callers, ["engineer"]);
    const engineer = lake.as("engineer");
    for (const roles of [["owner"], ["engineer", "analyst"]]) {
      const answer = await engineer("POST", "/tokens", { ...ci, roles });
      expect(codeOf(answer)).toEqual([403, "token-exceeds-issuer"]);
    }
    const all = await lake.as("owner")("POST", "/tokens", { ...ci, roles: [...ROLES] });
    const machine = lake.within((asked) => callers.send(all.text("secret"), asked));
    for (const [method, path, body] of [
      ["POST", "/tokens", ci],
      ["POST", "/members", { subject: "mallory-6", roles: ["owner"] }],
      ["DELETE", `/members/${lake.name("engineer")}`, undefined],
      ["DELETE", `/tokens/${all.text("token", "token_id")}`, undefined],
    ] as const) {
      expect(codeOf(await machine(method, path, body)), path).toEqual([403, "persons-only"]);
    }
  });

  test("is listed to whoever issued it, all of them to owners and auditors", async () => {
    const lake = await lakeWith(callers, ["engineer", "steward", "auditor"]);
    await lake.as("engineer")("POST", "/tokens", { ...ci, name: "one" });
    await lake.as("steward")("POST", "/tokens", { ...ci, name: "two", roles: ["steward"] });
    const names = async (role: "owner" | "engineer" | "steward" | "auditor") =>
      ((await lake.as(role)("GET", "/tokens")).at("items") as { name: string }[]).map(
        ({ name }) => name,
      );
    expect(await names("engineer")).toEqual(["one"]);
    expect(await names("steward")).toEqual(["two"]);
    expect(await names("owner")).toEqual(["one", "two"]);
    expect(await names("auditor")).toEqual(["one", "two"]);
  });
});

describe("what is done", () => {
  test("is in the name of whoever does it, on every event and in every field", async () => {
    const lake = await lakeWith(callers, ROLES);
    await lake.as("steward")("POST", "/datasets", {
      name: "d",
      schema: { id: "int" },
      contains_pii: false,
    });
    await lake.as("steward")("POST", "/contracts", { dataset: "d", retention_days: 1 });
    await lake.as("steward")("POST", "/contracts/contract1/approve");
    const access = { dataset_id: "d", action: "read", purpose: "p" };
    await lake.as("analyst")("POST", "/audit-access", access);
    await lake.as("privacy_officer")("POST", "/deletions", { subject_id: "jane", reason: "r" });
    const events = (await lakeOf(lake.id).events()).slice(1 + ROLES.length);
    expect(events.map(({ type, actor }) => [type, actor])).toEqual([
      ["DatasetRegistered", lake.name("steward")],
      ["DataContractDefined", lake.name("steward")],
      ["DataContractApproved", lake.name("steward")],
      ["AccessAudited", lake.name("analyst")],
      ["GDPRDeletionRequested", lake.name("privacy_officer")],
    ]);
    expect(events.slice(2).map(({ data }) => data)).toMatchObject([
      { approver: lake.name("steward") },
      { accessor_id: lake.name("analyst") },
      { requested_by: lake.name("privacy_officer") },
    ]);
  });

  test("in somebody else's name is refused, but for those who act for others", async () => {
    const lake = await lakeWith(callers, ROLES);
    const dataset = { name: "d", schema: { id: "int" }, contains_pii: false };
    await lake.as("steward")("POST", "/datasets", dataset);
    await lake.as("steward")("POST", "/contracts", { dataset: "d", retention_days: 1 });
    const before = (await lakeOf(lake.id).events()).length;
    const access = { accessor_id: "zoe-7", dataset_id: "d", action: "read", purpose: "p" };
    const own = { ...access, accessor_id: lake.name("analyst") };
    for (const [role, path, body] of [
      ["steward", "/contracts/contract1/approve", { approver: "zoe-7" }],
      ["owner", "/contracts/contract1/approve", { approver: "zoe-7" }],
      ["owner", "/run-privacy/b~2/approve", { approver: "zoe-7" }],
      ["analyst", "/audit-access", access],
      ["engineer", "/audit-access", access],
      ["analyst", "/audit-access", [own, access]],
      ["analyst", "/consume-batch", { batch_id: "b", consumer: "zoe-7" }],
    ] as const) {
      const answer = await lake.as(role)("POST", path, body);
      expect(codeOf(answer), `${role} ${path}`).toEqual([403, "not-in-your-name"]);
    }
    expect((await lakeOf(lake.id).events()).length).toBe(before);
    for (const [role, path, body, status] of [
      ["steward", "/audit-access", access, 201],
      ["owner", "/audit-access", [access, own], 201],
      ["analyst", "/audit-access", own, 201],
      ["steward", "/consume-batch", { batch_id: "b", consumer: "zoe-7" }, 404],
      ["privacy_officer", "/deletions", { subject_id: "s", reason: "r", requested_by: "zoe" }, 201],
      ["privacy_officer", "/subject-access", { subject_id: "s", requested_by: "zoe" }, 202],
    ] as const) {
      const answer = await lake.as(role)("POST", path, body);
      expect([role, path, answer.status]).toEqual([role, path, status]);
    }
  });

  test("under somebody's idempotency key is nobody else's answer", async () => {
    const lake = await lakeWith(callers, ["engineer"]);
    const headers = { "Idempotency-Key": "one-key" };
    const asked = {
      ...{ method: "POST", path: `/lakes/${lake.id}/upload-url`, headers },
      body: { filename: "f.csv" },
    };
    const mine = await callers.as(lake.name("owner"))(asked);
    const theirs = await callers.as(lake.name("engineer"))(asked);
    expect(mine.headers.get("Idempotency-Replayed")).toBeNull();
    expect(theirs.headers.get("Idempotency-Replayed")).toBeNull();
    expect(theirs.at("events")).not.toEqual(mine.at("events"));
    const again = await callers.as(lake.name("owner"))(asked);
    expect(again.headers.get("Idempotency-Replayed")).toBe("true");
    expect(again.at("events")).toEqual(mine.at("events"));
  });
});

describe("an analyst", () => {
  test("sees of the batches those that are published, and of others not even that they are", async () => {
    const lake = await lakeWith(callers, ["analyst", "engineer", "steward"]);
    const { land } = lakeOf(lake.id);
    const [steward, engineer, analyst] = [
      lake.as("steward"),
      lake.as("engineer"),
      lake.as("analyst"),
    ];
    await steward("POST", "/datasets", { name: "d", schema: { id: "int" }, contains_pii: false });
    await steward("POST", "/contracts", { dataset: "d", retention_days: 9 });
    for (const batch_id of ["shown", "hidden"]) {
      await land(`${batch_id}.csv`, "id\n1\n");
      const body = {
        dataset: "d",
        contract_id: "contract1",
        batch_id,
        file_url: `${batch_id}.csv`,
      };
      expect((await engineer("POST", "/append-batch", body)).status).toBe(201);
    }
    expect((await engineer("POST", "/publish-batch", { batch_id: "shown" })).status).toBe(200);
    const ids = (items: unknown) => (items as { batch_id: string }[]).map((one) => one.batch_id);
    expect(ids((await engineer("GET", "/batches")).at("items"))).toEqual(["shown", "hidden"]);
    expect(ids((await analyst("GET", "/batches")).at("items"))).toEqual(["shown"]);
    expect(ids((await analyst("GET", "/batches?state=published")).at("items"))).toEqual(["shown"]);
    expect((await analyst("GET", "/batches?state=appended")).at("items")).toEqual([]);
    expect((await analyst("GET", "/batches/shown")).status).toBe(200);
    const hidden = await analyst("GET", "/batches/hidden");
    const absent = await analyst("GET", "/batches/absent");
    expect(hidden.status).toBe(404);
    expect(hidden.body).toEqual(absent.body);
    // Nor what it was before it was published.
    const [, , , appended] = await lakeOf(lake.id).events();
    expect((await analyst("GET", `/batches/shown?version=${appended?.seq}`)).status).toBe(404);
    // Nothing is made for somebody in whose name they may not ask.
    const before = (await lakeOf(lake.id).events()).length;
    const posing = { batch_id: "shown", consumer: "zoe-7", format: "csv" };
    const refused = await analyst("POST", "/consume-batch", posing);
    expect(codeOf(refused)).toEqual([403, "not-in-your-name"]);
    expect((await lakeOf(lake.id).events()).length).toBe(before);
    const consumed = await analyst("POST", "/consume-batch", { batch_id: "shown" });
    expect(consumed.status).toBe(200);
    // Nor, once it is withdrawn, that it was published.
    const published = (await lakeOf(lake.id).events()).at(-1)?.seq;
    expect((await analyst("GET", `/batches/shown?version=${published}`)).status).toBe(200);
    await steward("POST", "/quarantine-batch", { batch_id: "shown", reason: "withdrawn" });
    for (const path of ["/batches/shown", `/batches/shown?version=${published}`]) {
      expect(codeOf(await analyst("GET", path)), path).toEqual([404, "batch-not-found"]);
    }
  });
});

describe("a batch that is not published", () => {
  test("is not there for an analyst who would consume it, whatever it is, and refused to a steward", async () => {
    const lake = await lakeWith(callers, ["analyst", "engineer", "steward"]);
    const [steward, engineer] = [lake.as("steward"), lake.as("engineer")];
    await steward("POST", "/datasets", { name: "d", schema: { id: "int" }, contains_pii: false });
    await steward("POST", "/contracts", { dataset: "d", contract_id: "c", retention_days: 9 });
    await lakeOf(lake.id).land("f.csv", "id\n1\n");
    for (const batch_id of ["appended", "quarantined", "withdrawn", "expired"]) {
      const body = { dataset: "d", contract_id: "c", batch_id, file_url: "f.csv" };
      expect((await engineer("POST", "/append-batch", body)).status).toBe(201);
    }
    await engineer("POST", "/publish-batch", { batch_id: "withdrawn" });
    for (const batch_id of ["quarantined", "withdrawn"]) {
      await steward("POST", "/quarantine-batch", { batch_id, reason: "odd" });
    }
    await steward("POST", "/batches/expired/expire", { reason: "wrong" });
    const head = (await lakeOf(lake.id).events()).length;
    const path = `/lakes/${lake.id}/consume-batch`;
    for (const batch_id of ["appended", "quarantined", "withdrawn", "expired"]) {
      for (const format of ["parquet", "csv"]) {
        for (const headers of [{}, { "If-Match": '"999"' }, { "Idempotency-Key": batch_id }]) {
          const ask = (id: string) => {
            const body = { batch_id: id, format };
            return callers.as(lake.name("analyst"))({ method: "POST", path, body, headers });
          };
          const [hidden, absent] = [await ask(batch_id), await ask("absent")];
          expect(codeOf(hidden)).toEqual([404, "batch-not-found"]);
          const told = JSON.stringify(hidden.body).replaceAll(batch_id, "absent");
          expect(JSON.parse(told)).toEqual(absent.body);
        }
        const refused = await steward("POST", "/consume-batch", { batch_id, format });
        expect(refused.status, `${batch_id} as ${format}`).toBe(409);
      }
    }
    expect((await lakeOf(lake.id).events()).length).toBe(head);
  });
});

describe("a file that was uploaded", () => {
  test("is not even there for whoever may not download it", async () => {
    const [lake, other] = [await lakeWith(callers, ["analyst"]), await lakeWith(callers)];
    await lakeOf(lake.id).land("f.csv", "id\n1\n");
    const stranger = lake.within(callers.as(other.name("owner")));
    for (const filename of ["f.csv", "absent.csv"]) {
      const body = { filename };
      expect(codeOf(await stranger("POST", "/download-url", body))).toEqual([
        404,
        "lake-not-found",
      ]);
      const analyst = await lake.as("analyst")("POST", "/download-url", body);
      expect(codeOf(analyst)).toEqual([403, "role-missing"]);
    }
  });
});

describe("ids of another lake", () => {
  test("name nothing here, in whatever parameter they come", async () => {
    const [theirs, mine] = [await lakeWith(callers), await lakeWith(callers)];
    const there = theirs.as("owner");
    await there("POST", "/datasets", { name: "d", schema: { id: "int" }, contains_pii: false });
    await there("POST", "/contracts", { dataset: "d", contract_id: "c", retention_days: 9 });
    await lakeOf(theirs.id).land("f.csv", "id\n1\n");
    const batch = { dataset: "d", contract_id: "c", batch_id: "b", file_url: "f.csv" };
    expect((await there("POST", "/append-batch", batch)).status).toBe(201);
    const id = async (path: string, body: object, ...at: string[]) =>
      (await there("POST", path, body)).text(...at);
    const person = { subject_id: "jane", reason: "r" };
    const deletion = await id("/deletions", person, "deletion", "deletion_id");
    const access = await id(
      "/subject-access",
      { subject_id: "jane" },
      ...["subject_access", "subject_access_id"],
    );
    const hook = { url: "https://hooks.example.com/x", events: ["BatchQuarantined"] };
    const webhook = await id("/webhooks", hook, "webhook", "webhook_id");
    const replay = await id("/replay", { dataset: "d" }, "replay", "replay_id");
    const ci = { name: "ci", roles: ["owner"], expires_at: inDays(1) };
    const token = await id("/tokens", ci, "token", "token_id");

    const here = mine.as("owner");
    const before = await lakeOf(mine.id).events();
    const named: readonly (readonly [string, string, unknown?])[] = [
      ...["datasets/d", "contracts/c", "batches/b", "batches/b/quarantine"].map(
        (path) => ["GET", `/${path}`] as const,
      ),
      ["GET", `/deletions/${deletion}`],
      ["GET", `/deletions/${deletion}?reveal=true`],
      ["GET", `/deletions/${deletion}/certificate`],
      ["GET", `/subject-access/${access}`],
      ["GET", `/webhooks/${webhook}`],
      ["GET", `/webhooks/${webhook}/deliveries`],
      ["GET", `/replays/${replay}`],
      ["DELETE", `/tokens/${token}`],
      ["DELETE", `/webhooks/${webhook}`],
      ["DELETE", `/members/${theirs.name("owner")}`],
      ["POST", `/deletions/${deletion}/execute`],
      ["POST", `/deletions/${deletion}/reject`, { reason: "r" }],
      ["POST", "/contracts/c/approve"],
      ["PUT", "/contracts/c", { retention_days: 1 }],
      ["POST", "/datasets/d/deprecate"],
      ["POST", "/append-batch", batch],
      ["POST", "/run-dq", { batch_id: "b" }],
      ["POST", "/run-privacy", { batch_id: "b", dry_run: true }],
      ["POST", "/publish-batch", { batch_id: "b" }],
      ["POST", "/consume-batch", { batch_id: "b" }],
      ["POST", "/quarantine-batch", { batch_id: "b", reason: "r" }],
      ["POST", "/replay", { dataset: "d" }],
      ["POST", "/download-url", { filename: "f.csv" }],
      ["POST", "/download-url", { filename: `${theirs.id}/landing/f.csv` }],
      ["POST", "/audit-access", { dataset_id: "d", action: "read", purpose: "p" }],
    ];
    for (const [method, path, body] of named) {
      const answer = await here(method, path, body);
      expect([method, path, answer.status]).toEqual([method, path, 404]);
      expect(answer.text("code")).toMatch(/-not-found$/);
    }
    expect(await lakeOf(mine.id).events()).toEqual(before);
  });

  test("of a lake are one name, however it is written, and lead nowhere else", async () => {
    const [theirs, mine] = [await lakeWith(callers), await lakeWith(callers)];
    const as = callers.as(mine.name("owner"));
    const written = [...theirs.id]
      .map((letter) => `%${letter.charCodeAt(0).toString(16)}`)
      .join("");
    for (const path of [
      ...[`/lakes/${written}`, `/lakes/${mine.id}/../${theirs.id}`, `/lakes/${theirs.id}%2f`],
      ...[
        `/lakes/${mine.id}%2f..%2f${theirs.id}`,
        `/lakes/${theirs.id}%00`,
        `/lakes/${theirs.id}/`,
      ],
      ...[`//lakes/${theirs.id}`, `/lakes/${mine.id}/%2e%2e/${theirs.id}`, `/lakes/.${theirs.id}`],
    ]) {
      const answer = await as({ path });
      expect([path, [404, 422].includes(answer.status)]).toEqual([path, true]);
      expect(JSON.stringify(answer.body)).not.toContain("A lake");
    }
  });
});

describe("four eyes, at level strict", () => {
  const DATASET = {
    name: "people",
    schema: { id: "int", email: "string" },
    contains_pii: true,
    encryption_enabled: true,
  };

  /** A strict lake with two owners and a contract that the first has defined. */
  const strictLake = async () => {
    const lake = await lakeWith(callers, ["engineer"], "strict");
    const [first, second] = [lake.as("owner"), lake.within(callers.as(`${lake.id}-second`))];
    const body = { subject: `${lake.id}-second`, roles: ["owner"] };
    await first("POST", "/members", body);
    await first("POST", "/datasets", DATASET);
    const terms = { dataset: "people", retention_days: 9, privacy_rules: { email: "hash" } };
    expect((await first("POST", "/contracts", terms)).status).toBe(201);
    return { lake, first, second, terms };
  };

  test("whoever last defined a contract does not approve it, nor does a token of theirs", async () => {
    const { lake, first, second, terms } = await strictLake();
    const approve = "/contracts/contract1/approve";
    expect(codeOf(await first("POST", approve))).toEqual([403, "four-eyes"]);
    const ci = { name: "ci", roles: ["steward"], expires_at: inDays(1) };
    const issued = await first("POST", "/tokens", ci);
    const machine = lake.within((asked) => callers.send(issued.text("secret"), asked));
    expect(codeOf(await machine("POST", approve))).toEqual([403, "four-eyes"]);
    expect((await second("POST", approve)).status).toBe(200);

    // By the token's hand it is changed: its issuer has made it, and nobody else.
    const changed = await machine("PUT", "/contracts/contract1", { ...terms, retention_days: 8 });
    expect(changed.status).toBe(200);
    expect(codeOf(await first("POST", approve))).toEqual([403, "four-eyes"]);
    expect((await second("POST", approve)).status).toBe(200);
    await second("PUT", "/contracts/contract1", { ...terms, retention_days: 7 });
    expect(codeOf(await second("POST", approve))).toEqual([403, "four-eyes"]);
    expect((await first("POST", approve)).status).toBe(200);
  });

  test("whoever recorded a request to be forgotten does not carry it out", async () => {
    const { first, second } = await strictLake();
    const body = { subject_id: "jane", reason: "r", requested_by: "zoe-7" };
    const asked = await first("POST", "/deletions", body);
    const execute = `/deletions/${asked.text("deletion", "deletion_id")}/execute`;
    expect(codeOf(await first("POST", execute))).toEqual([403, "four-eyes"]);
    expect((await second("POST", execute)).status).toBe(202);
  });

  test("whoever proposed a privacy run does not approve it", async () => {
    const { lake, first, second } = await strictLake();
    await second("POST", "/contracts/contract1/approve");
    await lakeOf(lake.id).land("f.csv", "id,email\n1,a@b.example\n");
    const batch = { dataset: "people", contract_id: "contract1", batch_id: "b", file_url: "f.csv" };
    expect((await lake.as("engineer")("POST", "/append-batch", batch)).status).toBe(201);
    const run = await first("POST", "/run-privacy", { batch_id: "b" });
    const approve = `/run-privacy/${run.text("run", "run_id")}/approve`;
    expect(codeOf(await first("POST", approve))).toEqual([403, "four-eyes"]);
    const approved = await second("POST", approve);
    expect(approved.at("batch", "privacy", "approver")).toBe(`${lake.id}-second`);
  });

  test("whoever began a privacy run over a large file does not approve it either", async () => {
    const { lake, first, second } = await strictLake();
    await second("POST", "/contracts/contract1/approve");
    const rows = Array.from({ length: 700 }, (_, id) => `${id},person${id}@example.com`).join("\n");
    await lakeOf(lake.id).land("f.csv", `id,email\n${rows}\n`);
    const batch = { dataset: "people", contract_id: "contract1", batch_id: "b", file_url: "f.csv" };
    const engineer = lake.as("engineer");
    expect((await engineer("POST", "/append-batch", batch)).status).toBe(202);
    const state = async () => (await first("GET", "/batches/b")).body as Record<string, unknown>;
    await eventually(async () => expect((await state()).state).toBe("appended"));
    expect((await first("POST", "/run-privacy", { batch_id: "b" })).status).toBe(202);
    await eventually(async () => expect((await state()).proposed_privacy).not.toBeNull());
    const proposed = (await state()).proposed_privacy as { run_id: string };
    const approve = `/run-privacy/${proposed.run_id}/approve`;
    expect(codeOf(await first("POST", approve))).toEqual([403, "four-eyes"]);
    expect((await second("POST", approve)).status).toBe(200);
  });

  test("take back what its maker had approved before, when the level is raised", async () => {
    const lake = await lakeWith(callers, ["engineer"], "gdpr");
    const [first, second] = [lake.as("owner"), lake.within(callers.as(`${lake.id}-second`))];
    await first("POST", "/members", { subject: `${lake.id}-second`, roles: ["owner"] });
    await first("POST", "/datasets", DATASET);
    const issued = await first("POST", "/tokens", {
      ...{ name: "ci", roles: ["steward"], expires_at: inDays(1) },
    });
    const machine = lake.within((asked) => callers.send(issued.text("secret"), asked));
    for (const contract_id of ["alone", "by-token", "ended", "by-two", "unapproved"]) {
      const terms = { contract_id, dataset: "people", retention_days: 9 };
      await first("POST", "/contracts", { ...terms, privacy_rules: { email: "hash" } });
    }
    await first("POST", "/contracts/alone/approve");
    await machine("POST", "/contracts/by-token/approve");
    await first("POST", "/contracts/ended/approve");
    await first("POST", "/contracts/ended/deprecate");
    await second("POST", "/contracts/by-two/approve");
    const stands = async (id: string) => {
      const { body } = await first("GET", `/contracts/${id}`);
      const { status, approver, revoked_approver } = body as Record<string, unknown>;
      return [status, approver, revoked_approver];
    };
    const raised = await first("POST", "/compliance-level", { compliance_level: "strict" });
    expect(raised.at("warnings")).toEqual([
      "Approved by whoever had made it: alone, by-token, ended. At level strict that does not count: " +
        "nothing is appended, published or handed out under such a contract until somebody else has " +
        "approved it (POST /contracts/{id}/approve).",
    ]);
    const owner = lake.name("owner");
    expect(await stands("alone")).toEqual(["defined", undefined, owner]);
    expect((await stands("by-token"))[0]).toBe("defined");
    expect(await stands("ended")).toEqual(["deprecated", null, undefined]);
    expect(await stands("by-two")).toEqual(["approved", `${lake.id}-second`, undefined]);

    await lakeOf(lake.id).land("f.csv", "id,email\n1,a@b.example\n");
    const append = (contract_id: string, batch_id: string) =>
      lake.as("engineer")("POST", "/append-batch", {
        ...{ dataset: "people", file_url: "f.csv", contract_id, batch_id },
      });
    expect((await append("alone", "a")).status).toBe(422);
    expect(codeOf(await first("POST", "/contracts/alone/approve"))).toEqual([403, "four-eyes"]);
    expect((await second("POST", "/contracts/alone/approve")).status).toBe(200);
    expect(await stands("alone")).toEqual(["approved", `${lake.id}-second`, undefined]);
    expect((await append("alone", "a")).status).toBe(201);
    expect((await append("by-two", "b")).status).toBe(201);
    // Said once more there is nothing left to take back.
    const again = await first("POST", "/compliance-level", { compliance_level: "strict" });
    expect([again.at("events"), again.at("warnings")]).toEqual([[], []]);
  });

  test("are asked for at no other level", async () => {
    const lake = await lakeWith(callers, [], "gdpr");
    const owner = lake.as("owner");
    await owner("POST", "/datasets", { ...DATASET, contains_pii: true });
    await owner("POST", "/contracts", { dataset: "people", retention_days: 9 });
    expect((await owner("POST", "/contracts/contract1/approve")).status).toBe(200);
    const asked = await owner("POST", "/deletions", { subject_id: "jane", reason: "r" });
    const execute = `/deletions/${asked.text("deletion", "deletion_id")}/execute`;
    expect((await owner("POST", execute)).status).toBe(202);
  });
});

describe("a caller", () => {
  test("comes by Cloudflare Access too, whose header is verified like any token", async () => {
    const lake = await lakeWith(callers);
    const path = `/lakes/${lake.id}`;
    const header = async (jwt: string) =>
      callers.nobody({ path, headers: { "Cf-Access-Jwt-Assertion": jwt } });
    expect((await header(await callers.jwt(lake.name("owner")))).status).toBe(200);
    expect((await header(`${await callers.jwt(lake.name("owner"))}A`)).status).toBe(401);
    expect((await header(lake.name("owner"))).status).toBe(401);
  });

  test("whose credential is not understood is unknown, whatever else he says", async () => {
    const lake = await lakeWith(callers);
    const jwt = await callers.jwt(lake.name("owner"));
    for (const Authorization of [
      ...["Basic dXNlcjpwYXNz", "Bearer", "Bearer ", jwt, `Bearer ${jwt}, Bearer ${jwt}`],
      ...[`Bearer ${jwt} ${jwt}`, `Token ${jwt}`, `bearer\t${jwt}`],
    ]) {
      const headers = { Authorization, "Cf-Access-Jwt-Assertion": jwt };
      const answer = await callers.nobody({ path: `/lakes/${lake.id}`, headers });
      expect(answer.status, Authorization.slice(0, 20)).toBe(401);
    }
    const lower = { headers: { Authorization: `bearer ${jwt}` }, path: `/lakes/${lake.id}` };
    expect((await callers.nobody(lower)).status).toBe(200);
  });

  test("is neither let in nor blamed while the issuer's keys cannot be had", async () => {
    vi.spyOn(console, "error").mockImplementation(() => {});
    const own = await knownCallers();
    own.keys.down = () => Promise.reject(new TypeError("fetch failed"));
    const answer = await own.as("ann-1")({ path: "/lakes" });
    expect(codeOf(answer)).toEqual([503, "issuer-unavailable"]);
    expect(Number(answer.headers.get("Retry-After"))).toBeGreaterThan(0);
  });
});

describe("where access is open", () => {
  test("whoever is at the machine does as they like, and a token that is shown counts all the same", async () => {
    const open = await knownCallers([], { AUTH: "open" });
    const id = `lake-${crypto.randomUUID()}`;
    const local = (method: string, path: string, body?: unknown) =>
      open.nobody({ method, path: `/lakes${path}`, body });
    const made = { lake_id: id, name: "n", region: "eu", compliance_level: "strict" };
    const created = await local("POST", "", { ...made, owner_id: "anybody" });
    expect([created.status, typesOf(created)]).toEqual([201, ["DataLakeCreated"]]);
    const ci = { name: "ci", roles: ["analyst"], expires_at: inDays(1) };
    const issued = await local("POST", `/${id}/tokens`, ci);
    const machine = (method: string, path: string, body?: unknown) =>
      open.send(issued.text("secret"), { method, path: `/lakes/${id}${path}`, body });
    expect((await machine("GET", "/datasets")).status).toBe(200);
    const dataset = { name: "d", schema: { id: "int" } };
    expect(codeOf(await machine("POST", "/datasets", dataset))).toEqual([403, "role-missing"]);
    // Who is at the machine is not told apart from himself.
    const strict = { ...dataset, contains_pii: false, encryption_enabled: true };
    await local("POST", `/${id}/datasets`, strict);
    await local("POST", `/${id}/contracts`, { dataset: "d", retention_days: 1 });
    const approved = await local("POST", `/${id}/contracts/contract1/approve`, { approver: "zoe" });
    expect(approved.at("contract", "approver")).toBe("zoe");
    expect(codeOf(await open.send("eyJ.x.y", { path: `/lakes/${id}` }))[0]).toBe(401);
    expect((await open.as("ann-1")({ path: `/lakes/${id}` })).status).toBe(404);
  });

  test("nobody else is let in, from another machine or under another host", async () => {
    const open = await knownCallers([], { AUTH: "open" });
    for (const headers of [{ "CF-Connecting-IP": "203.0.113.9" }, { "CF-Connecting-IP": "::2" }]) {
      // The development secret serves this machine alone, and so does AUTH=open.
      expect((await open.nobody({ path: "/lakes", headers })).status).toBe(503);
      const own = await knownCallers([], { AUTH: "open", ROOT_SECRET: "x".repeat(40) });
      expect((await own.nobody({ path: "/lakes", headers })).status).toBe(401);
    }
  });
});

describe("a stream of events", () => {
  test("is one of so many that a caller may have, and nobody takes another's place", async () => {
    const lake = await lakeWith(callers, ["auditor"]);
    const subject = lake.name("auditor");
    const { inside, call } = lakeOf(lake.id);
    const operation = "GET /events/stream";
    const until = Date.now() + DAY_MS;
    const caller = { kind: "person", subject, admin: false, until, operation } as const;
    // Listeners of the object's own, which cost no connection.
    const cancel = await inside(async (instance) => {
      const streams: ReadableStream[] = [];
      for (let count = 0; count < MAX_LISTENERS_OF_ONE; count += 1) {
        const asked = { after: null, filter: {} };
        const heard = await instance.listen(call({ caller, actor: subject }), asked);
        if (heard.ok) streams.push(heard.value);
      }
      return () => Promise.all(streams.map((stream) => stream.cancel()));
    });
    const refused = await lake.as("auditor")("GET", "/events/stream");
    expect(codeOf(refused)).toEqual([429, "too-many-streams"]);
    expect(Number(refused.headers.get("Retry-After"))).toBeGreaterThan(0);
    const other = await lake.as("owner")("HEAD", "/events/stream");
    expect(other.status).toBe(200);
    await inside(cancel);
    expect((await lake.as("auditor")("HEAD", "/events/stream")).status).toBe(200);
  });

  test("ends for whoever may hear no more, before the next thing is told", async () => {
    const lake = await lakeWith(callers, ["auditor"]);
    const subject = lake.name("auditor");
    const { gateway, call } = lakeOf(lake.id);
    const caller = {
      kind: "person",
      subject,
      admin: false,
      until: Date.now() + DAY_MS,
      operation: "GET /events/stream",
    } as const;
    const heard = await gateway.listen(call({ caller, actor: subject }), { after: 0, filter: {} });
    if (!heard.ok) throw new Error(heard.error.code);
    const reader = heard.value.getReader();
    const first = new TextDecoder().decode((await reader.read()).value);
    expect(first).toContain("DataLakeCreated");
    await lake.as("owner")("DELETE", `/members/${subject}`);
    await expect(async () => {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) throw new Error("ended");
        expect(new TextDecoder().decode(value)).not.toContain("MemberRevoked");
      }
    }).rejects.toThrow();
    expect(HEARTBEAT_MS).toBeGreaterThan(0);
  });
});
