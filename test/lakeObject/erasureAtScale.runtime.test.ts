/** A person in a few of several hundred batches: more than one page, and hardly any is opened. */
import { describe, expect, test } from "vitest";
import {
  appendPeople,
  csvOf,
  holding,
  JANE,
  peopleLake,
  rawText,
  requestErasure,
} from "../support/erasureLake.ts";

const BATCHES = 300;
const EVERY = 30;
/** Sent together, so that they are committed in groups. */
const AT_ONCE = 10;

describe("an erasure in several hundred batches", () => {
  test("rewrites those that hold the person, and opens hardly any other", async () => {
    const lake = await peopleLake();
    const rows = (n: number) => csvOf([1, `anna-${n}`, 10], [2, `otto-${n}`, 30]);
    const appended = async (n: number) => {
      const jane = n % EVERY === 0 ? csvOf([3, JANE, 20]).split("\n").slice(1).join("\n") : "";
      expect((await appendPeople(lake, `b${n}`, rows(n) + jane)).status).toBe(201);
    };
    const batches = Array.from({ length: BATCHES }, (_, n) => n);
    for (let start = 0; start < BATCHES; start += AT_ONCE) {
      await Promise.all(batches.slice(start, start + AT_ONCE).map(appended));
    }
    const id = await requestErasure(lake);
    await lake.post(`/deletions/${id}/execute`);
    const status = async () => {
      await lake.ring();
      return (await lake.get(`/deletions/${id}`)).at("status");
    };
    await expect.poll(status, { timeout: 120_000 }).toBe("completed");
    const certificate = await lake.get(`/deletions/${id}/certificate`);
    const hit = BATCHES / EVERY;
    expect(certificate.at("certificate", "facts")).toMatchObject({
      rows_removed: hit,
      batches: { looked_at: BATCHES, hit },
      verification: { rounds: 2, rows_found: 0 },
    });
    // An index is wrong about one person in a thousand, and is asked twice.
    const opened = Number(certificate.at("certificate", "facts", "batches", "opened"));
    expect(opened).toBeLessThan(hit + 10);
    for (const n of [0, EVERY, BATCHES - 1]) {
      expect(await rawText(lake, `b${n}`)).toBe(rows(n));
    }
    expect(await holding(lake, JANE)).toEqual([]);
  }, 240_000);
});
