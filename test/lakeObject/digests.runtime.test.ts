/** That nothing which stays, and nothing that is answered, lets anybody try what a file held. */

import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { objectDigest } from "../../src/application/digests.ts";
import { isLandingKey } from "../../src/application/objectKeys.ts";
import type { BatchId } from "../../src/domain/ids.ts";
import { r2ObjectStore } from "../../src/storage/r2ObjectStore.ts";
import { sealedObjectStore } from "../../src/storage/sealedObjectStore.ts";
import { appendPeople, csvOf, forget, JANE, peopleLake } from "../support/erasureLake.ts";
import { at, eventually, type Lake } from "../support/lakeClient.ts";
import { reportRows } from "../support/reportRows.ts";

const CONTRACT = {
  quality_rules: { amount: { rule: ">0", on_fail: "quarantine_rows" } },
  privacy_rules: { person: "hash" },
};

/** Every file of it holds Jane, that of rejected rows too. */
const SMALL = csvOf([1, "anna", 10], [2, JANE, 20], [3, JANE, -30], [4, "otto", -1], [5, "ida", 1]);
/** More than the limit of the tests: several segments. */
const LARGE = `${SMALL}${Array.from({ length: 600 }, (_, n) => `${n + 9},p${n},${n + 1}.5\n`).join("")}`;

interface Keys {
  readonly digest_key: Uint8Array;
  readonly dataset_key: Uint8Array | null;
}

/** What the lake lends whoever is to export the batch, before anybody has. */
const keysOf = async (lake: Lake): Promise<Keys> => {
  const work = { kind: "export", batch_id: "b" as BatchId, format: "csv", consumer: "x" } as const;
  const opened = await lake.gateway.open(lake.call(), work);
  if (!opened.ok) throw new Error(opened.error.detail);
  const { attempt } = opened.value;
  if (attempt) await lake.gateway.abandon(lake.call(), attempt.attempt_id);
  return opened.value;
};

/** Objects as they lie there and, of an encrypted dataset, as they were written; by key. */
type Seen = Map<string, readonly Uint8Array[]>;

const look = async (lake: Lake, seen: Seen, { dataset_key }: Keys) => {
  const store = r2ObjectStore(env.OBJECTS);
  const { objects } = await env.OBJECTS.list({ prefix: `lakes/${lake.id}/` });
  for (const { key } of objects) {
    if (!/\/(landing|batches|published)\//.test(key)) continue;
    const stored = (await (await env.OBJECTS.get(key))?.bytes()) ?? new Uint8Array();
    const sealed =
      dataset_key !== null && !isLandingKey(key) && sealedObjectStore(store, dataset_key);
    const clear = sealed ? await new Response(await sealed.open(key)).bytes() : stored;
    seen.set(key, [clear, stored]);
  }
};

const settled = (lake: Lake, state: string) =>
  eventually(async () => {
    await lake.ring();
    const batch = await lake.get("/batches/b");
    expect([batch.at("state"), batch.at("work", "state")]).not.toContain("running");
    expect(batch.at("state"), JSON.stringify(batch.body)).toBe(state);
  });

const ROUTES = [
  "/batches",
  "/batches/b",
  "/events?limit=1000",
  "/events?format=ndjson",
  "/log/leaves?from=0&to=40",
  "/deletions",
];

/** Everything that stays of the lake but its files, and everything that it answers. */
const textsOf = async (lake: Lake, deletion_id: string) => {
  await eventually(async () => {
    await lake.stub.settle();
    const { relay } = await reportRows(lake.id);
    expect(at(relay, 0, "last_seq")).toBe((await lake.events()).length);
  });
  const routes = [...ROUTES, `/deletions/${deletion_id}`, `/deletions/${deletion_id}/certificate`];
  const answers = routes.map(async (route) => {
    const { status, body } = await lake.get(route);
    expect([route, status]).toEqual([route, 200]);
    return [route, typeof body === "string" ? body : JSON.stringify(body)] as const;
  });
  const record = await env.OBJECTS.get(`lakes/${lake.id}/erasures/${deletion_id}.json`);
  return new Map([
    ...(await Promise.all(answers)),
    ["database", await lake.dump()],
    ["reports", JSON.stringify(await reportRows(lake.id))],
    ["record", (await record?.text()) ?? ""],
  ]);
};

/** In every spelling in which a digest might stand. */
const guesses = (seen: Seen): readonly string[] =>
  [...seen.values()].flat().flatMap((bytes) =>
    ["sha256", "md5"].flatMap((algorithm) => {
      const digest = createHash(algorithm).update(bytes).digest();
      return [digest.toString("hex"), digest.toString("base64"), digest.toString("base64url")];
    }),
  );

interface Named {
  readonly key: string;
  readonly sha256: string;
}

/** Every object that events speak of. */
const objectsIn = (value: unknown): readonly Named[] => {
  if (typeof value !== "object" || value === null) return [];
  const own = "key" in value && "sha256" in value ? [value as Named] : [];
  return [...own, ...Object.values(value).flatMap(objectsIn)];
};

describe.each([
  ["a small file", "plain", SMALL, false],
  ["a small file", "encrypted", SMALL, true],
  ["a large file", "plain", LARGE, false],
  ["a large file", "encrypted", LARGE, true],
])("the whole life of %s of a dataset that is %s", (_, __, content, encryption_enabled) => {
  test("leaves no digest that anybody but the lake could have made, and answers none", async () => {
    const lake = await peopleLake(CONTRACT, { encryption_enabled });
    const seen: Seen = new Map();
    const status = content === SMALL ? 201 : 202;
    const answer = await appendPeople(lake, "b", content);
    expect(answer.status, JSON.stringify(answer.body)).toBe(status);
    seen.set("upload", [new TextEncoder().encode(content)]);
    const answers = [answer.body];
    await settled(lake, "appended");
    const steps = [
      ["/run-dq", "checked"],
      ["/run-privacy", "anonymized"],
      ["/publish-batch", "published"],
    ] as const;
    for (const [route, state] of steps) {
      answers.push((await lake.done(route, { batch_id: "b" })).body);
      await settled(lake, state);
    }
    const keys = await keysOf(lake);
    const asked = { batch_id: "b", consumer: "alice", format: "csv" };
    answers.push((await lake.done("/consume-batch", asked)).body);
    await look(lake, seen, keys);
    const deletion_id = await forget(lake);
    await look(lake, seen, keys);

    const texts = await textsOf(lake, deletion_id);
    for (const [place, text] of texts.set("answers", JSON.stringify(answers))) {
      expect(text, place).not.toBe("");
      for (const guess of guesses(seen)) expect(text.includes(guess), place).toBe(false);
    }

    // And the lake itself can tell by each of them whether an object is what it says.
    const named = objectsIn((await lake.events()).map(({ data }) => data));
    const kinds = ["/raw/", "/quarantine/", "/clean/", "/published/"];
    for (const kind of kinds)
      expect(
        named.some(({ key }) => key.includes(kind)),
        kind,
      ).toBe(true);
    let told = 0;
    for (const { key, sha256 } of named) {
      const [clear] = seen.get(key) ?? [];
      expect(sha256).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
      if (clear === undefined) continue;
      const digest = objectDigest(keys.digest_key, key);
      digest.update(clear);
      expect([key, sha256]).toEqual([key, digest.end()]);
      told += 1;
    }
    // Raw, rejected, clean, published and exported, before and after the erasure.
    expect(new Set(named.map(({ key }) => key)).size).toBe(10);
    expect(told).toBeGreaterThanOrEqual(10);
    expect(JSON.parse(texts.get("/batches/b") ?? "")).toMatchObject({
      digest: expect.stringMatching(/^hmac-sha256:/),
      published: { files: [{ digest: expect.stringMatching(/^hmac-sha256:/) }, {}] },
    });
  }, 60_000);
});

test("a digest is no help to who hands a guess in as a file of his own", async () => {
  const lake = await peopleLake();
  await appendPeople(lake, "b", SMALL);
  await appendPeople(lake, "guess", SMALL);
  const digests = ["b", "guess"].map(async (id) => (await lake.get(`/batches/${id}`)).at("digest"));
  expect(new Set(await Promise.all(digests)).size).toBe(2);
  const tags = (await lake.events()).flatMap(({ data }) => data.upload_etag ?? []);
  expect(new Set(tags).size).toBe(2);
});
