/** URLs to sealed files outlive the answer that gave them, but not the right that they were given for. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type KnownCallers, knownCallers, lakeWith } from "../support/knownCallers.ts";
import { lakeOf } from "../support/lakeClient.ts";
import { fetched, publishPeople } from "../support/sealedLake.ts";

const TOMORROW = new Date(Date.now() + 86_400_000).toISOString();

let callers: KnownCallers;
beforeAll(async () => {
  callers = await knownCallers();
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const peopleLake = async () => {
  const lake = await lakeWith(callers, ["analyst", "engineer"]);
  const trusted = lakeOf(lake.id);
  await trusted.done("/datasets", {
    name: "people",
    schema: { id: "int", name: "string", amount: "float" },
    contains_pii: true,
    encryption_enabled: true,
    subject_column: "name",
  });
  const privacy_rules = { name: "hash" };
  await trusted.done("/contracts", {
    contract_id: "c1",
    dataset: "people",
    retention_days: 9,
    privacy_rules,
  });
  await publishPeople(trusted, "b");
  return lake;
};

type LakeOfPeople = Awaited<ReturnType<typeof peopleLake>>;
type Asking = ReturnType<LakeOfPeople["as"]>;

const urlFor = async (ask: Asking): Promise<string> =>
  (await ask("POST", "/consume-batch", { batch_id: "b" })).text("download_url");

const opens = async (url: string) => {
  const { status, code } = await fetched(url);
  return code === null ? status : [status, code];
};

describe("a URL to a sealed file", () => {
  test("opens nothing once whoever asked for it has lost the role, or is no member any more", async () => {
    const lake = await peopleLake();
    const [owner, analyst] = [lake.as("owner"), lake.as("analyst")];
    const [first, owners] = [await urlFor(analyst), await urlFor(owner)];
    expect([await opens(first), await opens(owners)]).toEqual([200, 200]);
    const subject = lake.name("analyst");
    await owner("POST", "/members", { subject, roles: ["auditor"] });
    expect(await opens(first)).toEqual([403, "url-withdrawn"]);
    await owner("POST", "/members", { subject, roles: ["analyst"] });
    expect(await opens(first)).toBe(200);
    await owner("DELETE", `/members/${subject}`);
    expect(await opens(first)).toEqual([403, "url-withdrawn"]);
    // Nobody else's is any the worse for it.
    expect(await opens(owners)).toBe(200);
  });

  test("of a token's opens nothing once the token is revoked, or whoever issued it is gone", async () => {
    const lake = await peopleLake();
    const owner = lake.as("owner");
    const body = { name: "reader", roles: ["analyst"], expires_at: TOMORROW };
    const issued = async (ask: Asking) => (await ask("POST", "/tokens", body)).body;
    const asking = (token: unknown): Asking =>
      lake.within((asked) => callers.send((token as { secret: string }).secret, asked));
    const [mine, theirs] = [await issued(owner), await issued(lake.as("analyst"))];
    const [one, other] = [await urlFor(asking(mine)), await urlFor(asking(theirs))];
    expect([await opens(one), await opens(other)]).toEqual([200, 200]);
    const { token_id } = (mine as { token: { token_id: string } }).token;
    await owner("DELETE", `/tokens/${token_id}`);
    expect(await opens(one)).toEqual([403, "url-withdrawn"]);
    expect(await opens(other)).toBe(200);
    await owner("DELETE", `/members/${lake.name("analyst")}`);
    expect(await opens(other)).toEqual([403, "url-withdrawn"]);
  });

  test("to rejected rows is for whoever may have those, not for whoever may read what is published", async () => {
    const lake = await peopleLake();
    const answer = await lake.as("engineer")("GET", "/batches/b/quarantine");
    const url = answer.text("download_url");
    expect(await opens(url)).toBe(200);
    const subject = lake.name("engineer");
    await lake.as("owner")("POST", "/members", { subject, roles: ["analyst"] });
    expect(await opens(url)).toEqual([403, "url-withdrawn"]);
  });
});
