/** Who a caller is told that he is. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ROLES } from "../../src/domain/member/roles.ts";
import { type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import { lakeOf, newLake } from "../support/lakeClient.ts";

const ADMIN = "platform-admin-me";

let callers: KnownCallers;
beforeAll(async () => {
  callers = await knownCallers([ADMIN]);
});
afterAll(() => {
  vi.unstubAllGlobals();
});

/** A minute of skew is granted to every issuer. */
const endOf = (exp: number) => new Date((exp + 60) * 1000).toISOString();

describe("who asks", () => {
  test("is a member, with the roles in this lake and the end of the token that was shown", async () => {
    const lake = await lakeWith(callers, ["analyst"]);
    const subject = lake.name("analyst");
    const exp = Math.floor(Date.now() / 1000) + 600;
    const path = `/lakes/${lake.id}/me`;
    const answer = await callers.send(await callers.jwt(subject, { exp }), { path });
    expect([answer.status, answer.body]).toEqual([
      200,
      {
        actor: subject,
        kind: "person",
        name: null,
        issued_by: null,
        roles: ["analyst"],
        platform_admin: false,
        valid_until: endOf(exp),
      },
    ]);
    await lake.as("owner")("POST", "/members", { subject, roles: ["auditor", "steward"] });
    const roles = (await lake.as("analyst")("GET", "/me")).at("roles");
    expect(new Set(roles as string[])).toEqual(new Set(["auditor", "steward"]));
  });

  test("is told no end where it lies behind every date", async () => {
    const lake = await lakeWith(callers);
    const credential = await callers.jwt(lake.name("owner"), { exp: 1e15 });
    const answer = await callers.send(credential, { path: `/lakes/${lake.id}/me` });
    expect([answer.status, answer.at("valid_until")]).toEqual([200, null]);
  });

  test("is an administrator who is no member, and nobody of whom the lake is kept", async () => {
    const lake = await lakeWith(callers);
    const path = `/lakes/${lake.id}/me`;
    expect((await callers.as(ADMIN)({ path })).body).toMatchObject({
      actor: ADMIN,
      kind: "person",
      roles: [],
      platform_admin: true,
    });
    expect((await callers.as("stranger-me")({ path })).at("code")).toBe("lake-not-found");
    expect((await callers.nobody({ path })).status).toBe(401);
  });

  test("is a machine by its token, with the roles that its issuer has still, and no secret", async () => {
    const lake = await lakeWith(callers, ["engineer"]);
    const engineer = lake.name("engineer");
    const grant = (roles: readonly string[]) =>
      lake.as("owner")("POST", "/members", { subject: engineer, roles });
    await grant(["engineer", "analyst"]);
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const ci = { name: "nightly load", roles: ["engineer", "analyst"], expires_at };
    const issued = await lake.as("engineer")("POST", "/tokens", ci);
    const ask = () => callers.send(issued.text("secret"), { path: `/lakes/${lake.id}/me` });
    const me = {
      actor: `token/${issued.text("token", "token_id")}`,
      kind: "token",
      name: "nightly load",
      issued_by: engineer,
      platform_admin: false,
      valid_until: expires_at,
    };
    expect((await ask()).body).toEqual({ ...me, roles: ["engineer", "analyst"] });
    await grant(["analyst"]);
    expect((await ask()).body).toEqual({ ...me, roles: ["analyst"] });
  });

  test("is whoever is at the machine where nobody is told apart, who may do everything", async () => {
    const lake = await newLake();
    expect((await lake.get("/me")).body).toEqual({
      actor: "local",
      kind: "local",
      name: null,
      issued_by: null,
      roles: [...ROLES],
      platform_admin: true,
      valid_until: null,
    });
  });

  test("leaves nothing in the log, however often it is asked", async () => {
    const lake = await lakeWith(callers);
    const before = await lakeOf(lake.id).events();
    await lake.as("owner")("GET", "/me");
    await lake.as("owner")("GET", "/me");
    expect(await lakeOf(lake.id).events()).toEqual(before);
  });
});
