/** Which uploads count as open: nobody has appended them, or not as they lie there. */
import { describe, expect, it } from "vitest";
import { UPLOAD_KEPT_MS } from "../../src/application/consequences.ts";
import { uploadTag } from "../../src/application/digests.ts";
import { type Landed, NAMES_AT_ONCE } from "../../src/application/openUploads.ts";
import { later } from "../../src/application/timers.ts";
import {
  append,
  beginAppend,
  defineContract,
  done,
  registerSales,
  workStep,
} from "../support/batchSteps.ts";
import { HOUR_MS, LAKE, START, type TestLake, testLake } from "../support/testLake.ts";

const URL_MS = 900_000;

const salesLake = (): TestLake => {
  const lake = testLake({ level: "gdpr" });
  registerSales(lake);
  defineContract(lake);
  return lake;
};

const sign = (lake: TestLake, filename: string) =>
  lake.run({
    type: "SignUrl",
    dataset: null,
    filename,
    method: "PUT",
    expires_in: URL_MS / 1000,
    purpose: null,
  });

const etagOf = (filename: string) => `of ${filename}`;

const landed = (filename: string, more: Partial<Landed> = {}): Landed => ({
  filename,
  etag: etagOf(filename),
  bytes: 7,
  uploaded_at: START,
  ...more,
});

/** Appends what is landed under the batch's name, as `landed` makes it. */
const take = (lake: TestLake, batch: string) => {
  const digest_key = lake.service.digestKey(LAKE);
  const upload_etag = (object: string) => uploadTag(digest_key, object, etagOf(`${batch}.csv`));
  done(append(lake, batch, { upload_etag }));
};

const page = (
  lake: TestLake,
  there: readonly Landed[],
  { after = "", limit = 100, last = true } = {},
) => {
  const reply = lake.ask({ kind: "uploads", about: { after, limit, landed: there, last } });
  if (reply.kind !== "uploads") throw new Error(`answered with a ${reply.kind}`);
  return reply;
};

const namesOf = (...asked: Parameters<typeof page>) =>
  page(...asked).items.map(({ filename }) => filename);

describe("an open upload", () => {
  it("is one that lies there, or whose URL is out, and says when it is swept", () => {
    const lake = salesLake();
    for (const name of ["awaited.csv", "there.csv"]) sign(lake, name);
    const swept_at = later(lake.now(), URL_MS + UPLOAD_KEPT_MS);
    const found = page(lake, [landed("stray.csv"), landed("there.csv")]);
    expect(found).toMatchObject({ next: null });
    expect(found.items).toEqual([
      { filename: "awaited.csv", state: "awaited", bytes: null, uploaded_at: null, swept_at },
      {
        filename: "stray.csv",
        state: "landed",
        bytes: 7,
        uploaded_at: START,
        swept_at: null,
      },
      { filename: "there.csv", state: "landed", bytes: 7, uploaded_at: START, swept_at },
    ]);
  });

  it("is none any more once a batch was taken from it, unless another came under its name", () => {
    const lake = salesLake();
    for (const batch of ["b1", "b2"]) {
      sign(lake, `${batch}.csv`);
      take(lake, batch);
    }
    const again = landed("b2.csv", { etag: "another" });
    expect(namesOf(lake, [landed("b1.csv"), again])).toEqual(["b2.csv"]);
    expect(namesOf(lake, [])).toEqual([]);
  });

  it("of which the log does not tell goes by when it came", () => {
    const lake = salesLake();
    lake.pass(HOUR_MS);
    done(append(lake, "b1"));
    expect(namesOf(lake, [landed("b1.csv")])).toEqual([]);
    const late = landed("b1.csv", { uploaded_at: later(lake.now(), 1) });
    expect(namesOf(lake, [late])).toEqual(["b1.csv"]);
  });

  it("is none while it is taken over in the background, and is one again when that fails", () => {
    const lake = salesLake();
    done(beginAppend(lake, "b1"));
    expect(namesOf(lake, [landed("b1.csv")])).toEqual([]);
    done(workStep(lake, "b1", true));
    expect(namesOf(lake, [landed("b1.csv")])).toEqual(["b1.csv"]);
  });
});

describe("pages of open uploads", () => {
  it("have each name once, whichever list has it", () => {
    const lake = salesLake();
    const names = ["a.csv", "b.csv", "c.csv", "d.csv", "e.csv"];
    for (const name of ["b.csv", "c.csv", "e.csv"]) sign(lake, name);
    take(lake, "c");
    const there = ["a.csv", "c.csv", "d.csv"].map((name) => landed(name));
    const seen: string[] = [];
    let after: string | null = "";
    for (let pages = 0; after !== null && pages < 10; pages += 1) {
      const behind: string = after;
      const rest = there.filter(({ filename }) => filename > behind);
      const found = page(lake, rest, { after: behind, limit: 1 });
      seen.push(...found.items.map(({ filename }) => filename));
      after = found.next;
    }
    expect(seen).toEqual(names.filter((name) => name !== "c.csv"));
  });

  it("end with what the object store was asked for, and with as many names as are gone through", () => {
    const lake = salesLake();
    for (const name of ["a.csv", "z.csv"]) sign(lake, name);
    const found = page(lake, [landed("k.csv")], { last: false });
    expect(found.items.map(({ filename }) => filename)).toEqual(["a.csv", "k.csv"]);
    expect(found.next).toBe("k.csv");
    const many = testLake({ level: "gdpr" });
    const numbered = (index: number) => `n${String(index).padStart(5, "0")}.csv`;
    for (let index = 0; index <= NAMES_AT_ONCE; index += 1) sign(many, numbered(index));
    const first = page(many, [landed("z.csv")], { limit: 5 * NAMES_AT_ONCE });
    expect(first.items).toHaveLength(NAMES_AT_ONCE);
    expect(first.next).toBe(numbered(NAMES_AT_ONCE - 1));
  });
});
