/** A lake has its own objects and no others, whatever stands in its log. */
import { abortAllDurableObjects, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { appendTo, metaAt } from "../support/emptyLog.ts";
import { appendPeople, csvOf, forget, JANE, peopleLake } from "../support/erasureLake.ts";
import { linesOf, rootOf } from "../support/exports.ts";
import { inTheEnd, type Lake, lakeOf, newLake, send } from "../support/lakeClient.ts";

beforeEach(() => {
  vi.spyOn(console, "error").mockImplementation(() => {});
});
afterEach(() => {
  vi.restoreAllMocks();
});

const RULES = {
  quality_rules: {
    amount: { rule: ">0", on_fail: "quarantine_rows" },
    id: { rule: "unique", scope: "dataset", on_fail: "quarantine_rows" },
  },
  privacy_rules: { person: "redact" },
};

const settled = (lake: Lake, batch_id: string) =>
  inTheEnd(async () => {
    await lake.ring();
    const answer = await lake.get(`/batches/${batch_id}`);
    expect(answer.at("work", "state"), JSON.stringify(answer.body)).not.toBe("running");
  });

const publish = async (lake: Lake, batch_id: string) => {
  for (const route of ["/run-dq", "/run-privacy", "/publish-batch"]) {
    await lake.done(route, { batch_id });
    await settled(lake, batch_id);
  }
};

/** A lake in whose log stand objects of every kind. */
const fullLake = async (): Promise<Lake> => {
  const lake = await peopleLake(RULES);
  await appendPeople(lake, "small", csvOf([1, "anna", 10], [2, JANE, 20], [3, "otto", -30]));
  await publish(lake, "small");
  await lake.done("/consume-batch", { batch_id: "small", consumer: "ann", format: "csv" });
  const rows = Array.from({ length: 600 }, (_, n) => [n + 10, `person ${n % 90}`, n - 3] as const);
  await appendPeople(lake, "large", csvOf([9, JANE, 1], ...rows));
  await settled(lake, "large");
  await publish(lake, "large");
  const replayed = await lake.done("/replay", { dataset: "people" });
  const replay = `/replays/${replayed.text("replay", "replay_id")}`;
  await inTheEnd(async () => {
    await lake.ring();
    expect((await lake.get(replay)).at("status")).toBe("completed");
  });
  const about = { subject_id: "anna", requested_by: "petra" };
  const asked = await lake.done("/subject-access", about);
  const id = asked.text("subject_access", "subject_access_id");
  await inTheEnd(async () => {
    await lake.ring();
    expect((await lake.get(`/subject-access/${id}`)).at("status")).toBe("ready");
  });
  await forget(lake);
  return lake;
};

/** Every place of a text in the data of an event that begins like this lake's objects. */
const placesOf = (value: unknown, start: string, place = ""): readonly string[] => {
  if (typeof value === "string") return value.startsWith(start) ? [place] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    placesOf(inner, start, place === "" ? name : `${place}.${name}`),
  );
};

const changedAt = (value: unknown, place: string, to: unknown): unknown => {
  if (place === "") return to;
  const [name = "", ...rest] = place.split(".");
  const inner = changedAt((value as Record<string, unknown>)[name], rest.join("."), to);
  if (Array.isArray(value)) return value.map((item, at) => (String(at) === name ? inner : item));
  return { ...(value as object), [name]: inner };
};

describe("an import", () => {
  test("refuses an event that names an object of another lake, wherever it does", async () => {
    const lake = await fullLake();
    const head = await rootOf(lake);
    const lines = linesOf(await lake.get("/events?format=ndjson"));
    await lake.stub.settle();
    await lake.inside(async (_, { storage }) => {
      await storage.deleteAlarm();
      await storage.deleteAll();
    });
    await abortAllDurableObjects();
    const again = lakeOf(lake.id);
    const bring = (...sent: readonly string[]) =>
      send(`/lakes/${again.id}/log/import`, {
        method: "POST",
        body: sent.map((line) => `${line}\n`).join(""),
        headers: { "Content-Type": "application/x-ndjson" },
      });
    const own = `lakes/${lake.id}/`;
    const foreign = [
      "lakes/other/landing/b1.csv",
      `lakes/${lake.id}x/landing/b1.csv`,
      `${own}landing/../../other/landing/b1.csv`,
      "reports/2026-10/report.json",
      7,
    ];
    const tried = new Set<string>();
    for (const [index, line] of lines.entries()) {
      const event = JSON.parse(line) as { readonly type: string; readonly data: object };
      for (const place of placesOf(event.data, own)) {
        const kind = `${event.type} ${place.replaceAll(/\.\d+\b/g, ".*")}`;
        // Once whatever is wrong with it is enough.
        for (const to of tried.has(kind) ? [] : tried.size < 3 ? foreign : foreign.slice(0, 1)) {
          const data = changedAt(event.data, place, to);
          const answer = await bring(JSON.stringify({ ...event, data }));
          expect([answer.status, answer.at("detail")], `${kind} ${to}`).toEqual([
            422,
            `Event ${index + 1} is refused: it names an object that is none of this lake's.`,
          ]);
        }
        tried.add(kind);
      }
      expect((await bring(line)).status).toBe(200);
    }
    expect([...new Set([...tried].map((kind) => kind.split(" ")[0]))].sort()).toEqual([
      "BatchDerived",
      "BatchRedacted",
      "BatchWorkProgressed",
      "DataAnonymized",
      "DataAppended",
      "DataExported",
      "DataPublished",
      "GDPRDeletionCompleted",
      "QualityCheckPassed",
      "SubjectAccessCollected",
      "SubjectAccessCompleted",
    ]);
    const root = encodeURIComponent(head.root);
    const opened = await send(`/lakes/${again.id}/log/import?complete=true&root=${root}`, {
      method: "POST",
    });
    expect(opened.status).toBe(200);
  });
});

describe("a lake whose log names an object of another", () => {
  test("hands out no URL for it, and does not delete it with its own", async () => {
    const other = await newLake();
    await other.land("b1.csv", "id,email\n1,a@x.org\n");
    const theirs = `lakes/${other.id}/landing/b1.csv`;
    const lake = await peopleLake(RULES);
    await appendPeople(lake, "a");
    await publish(lake, "a");
    await lake.inside((_, { storage }) => {
      const object = { key: theirs, format: "csv", bytes: 19, sha256: "0".repeat(64), rows: 1 };
      const exported = { type: "DataExported", data: { object } };
      appendTo(eventLog(storage), "batch/a", [exported], metaAt(new Date().toISOString()));
    });
    await evictDurableObject(lake.stub);
    const asked = { batch_id: "a", consumer: "ann", format: "csv" };
    const answer = await lake.post("/consume-batch", asked);
    expect(answer.status).toBe(500);
    expect(JSON.stringify(answer.body)).not.toContain(other.id);
    await lake.done("/quarantine-batch", { batch_id: "a", reason: "to be replaced" });
    await appendPeople(lake, "a");
    await lake.ringFor("delete_objects");
    expect(await (await env.OBJECTS.get(theirs))?.text()).toBe("id,email\n1,a@x.org\n");
    const failing = "SELECT attempts > 0 AS failing FROM schedule WHERE kind = 'delete_objects'";
    expect(await lake.sql(failing)).toEqual([{ failing: 1 }]);
  });
});
