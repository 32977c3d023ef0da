import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type KeptPage, type KeptReports, keptReports } from "../../src/application/keptReports.ts";
import {
  type Announcement,
  type ArchiveDeps,
  type ArchivePlace,
  archiveMonth,
} from "../../src/application/monthlyArchive.ts";
import { type MemorySmallObjects, memorySmallObjects } from "../support/memorySmallObjects.ts";

const MONTH = "2026-10";

const textOf = (objects: MemorySmallObjects, key: string): string =>
  new TextDecoder().decode(objects.kept.get(key));

const CSV = {
  name: "report.csv",
  media_type: "text/csv",
  render: (report: object) => `count\n${(report as { count: number }).count}\n`,
};

/** An archive; what the reports say changes with every question. */
const archiveOf = (names: readonly string[], more: Partial<ArchiveDeps> = {}) => {
  let asked = 0;
  const told: Announcement[] = [];
  const announced: string[] = [];
  const places = names.map((name) => ({ name, objects: memorySmallObjects() }));
  const deps: ArchiveDeps = {
    places: places.map((place) => ({
      ...place,
      report: async (month) => {
        asked += 1;
        return { month, count: asked };
      },
    })),
    forms: [CSV],
    announce: async (note) => {
      told.push(note);
    },
    announced: ({ id }) => announced.push(id),
    now: () => new Date("2026-11-01T03:10:00.000Z"),
    newId: () => `id-${told.length + 1}`,
    ...more,
  };
  const at = (name: string) => places.find((place) => place.name === name)?.objects;
  return { deps, told, announced, at, asked: () => asked };
};

const objectsOf = (archive: ReturnType<typeof archiveOf>, name = ""): MemorySmallObjects => {
  const objects = archive.at(name);
  if (objects === undefined) throw new Error(`no place ${name}`);
  return objects;
};

/** The place's store with one operation that fails as long as it is told to. */
const failing = (
  place: ArchivePlace,
  operation: "read" | "create",
  fails: (key: string) => boolean,
): ArchivePlace => ({
  ...place,
  objects: {
    ...place.objects,
    [operation]: async (key: string, bytes: Uint8Array) => {
      if (fails(key)) throw new Error("the object store is down");
      return place.objects[operation](key, bytes);
    },
  },
});

describe("the archive of monthly reports", () => {
  it("keeps the data and what is made of it, and announces them with sizes and hashes", async () => {
    const archive = archiveOf([""]);
    const archived = await archiveMonth(archive.deps, MONTH);
    const objects = objectsOf(archive);
    expect([...objects.kept.keys()].sort()).toEqual([
      "reports/2026-10/announced.json",
      "reports/2026-10/announcement.json",
      "reports/2026-10/report.csv",
      "reports/2026-10/report.json",
    ]);
    expect(textOf(objects, "reports/2026-10/report.csv")).toBe("count\n1\n");
    const data = '{"month":"2026-10","count":1}';
    expect(textOf(objects, "reports/2026-10/report.json")).toBe(data);
    const sha256 = createHash("sha256").update(data).digest("hex");
    expect(archived.reports).toMatchObject([
      { jurisdiction: null, announced_at: "2026-11-01T03:10:00.000Z", announced_now: true },
    ]);
    expect(archive.told).toEqual([
      {
        id: "id-1",
        type: "MonthlyReportArchived",
        timestamp: "2026-11-01T03:10:00.000Z",
        data: {
          month: MONTH,
          jurisdiction: null,
          revision: 1,
          documents: [
            {
              name: "report.json",
              key: "reports/2026-10/report.json",
              media_type: "application/json",
              size_bytes: data.length,
              sha256,
            },
            expect.objectContaining({ name: "report.csv", media_type: "text/csv" }),
          ],
        },
      },
    ]);
  });

  it("writes and announces once, however often it is asked", async () => {
    const archive = archiveOf([""]);
    const first = await archiveMonth(archive.deps, MONTH);
    const before = new Map(objectsOf(archive).kept);
    const second = await archiveMonth(archive.deps, MONTH);
    expect(second.reports).toEqual(
      first.reports.map((report) => ({ ...report, announced_now: false })),
    );
    expect([archive.told.length, archive.announced, archive.asked()]).toEqual([1, ["id-1"], 1]);
    expect(objectsOf(archive).kept).toEqual(before);
  });

  it("says one thing when two ask at the same time", async () => {
    const archive = archiveOf([""]);
    await Promise.all([archiveMonth(archive.deps, MONTH), archiveMonth(archive.deps, MONTH)]);
    const kept = JSON.parse(textOf(objectsOf(archive), "reports/2026-10/report.json")) as {
      count: number;
    };
    expect(textOf(objectsOf(archive), "reports/2026-10/report.csv")).toBe(`count\n${kept.count}\n`);
    expect(archive.announced).toHaveLength(1);
    // Called twice perhaps, but with one id: who receives it tells that it is the same.
    expect(new Set(archive.told.map((note) => JSON.stringify(note))).size).toBe(1);
  });

  it.each(["report.json", "report.csv", "announcement.json", "announced.json"])(
    "goes on where it stopped when %s could not be written, and makes the rest of the same data",
    async (name) => {
      const archive = archiveOf([""]);
      let down = true;
      const [place] = archive.deps.places;
      if (place === undefined) throw new Error("there is a place");
      const places = [failing(place, "create", (key) => down && key.endsWith(`/${name}`))];
      const deps = { ...archive.deps, places };
      const broken = await archiveMonth(deps, MONTH);
      expect(broken).toEqual({
        month: MONTH,
        reports: [],
        failed: [{ jurisdiction: null, failed: "Error: the object store is down" }],
      });
      down = false;
      expect(await archiveMonth(deps, MONTH)).toMatchObject({ reports: [{}], failed: [] });
      const kept = JSON.parse(textOf(objectsOf(archive), "reports/2026-10/report.json")) as {
        count: number;
      };
      const csv = textOf(objectsOf(archive), "reports/2026-10/report.csv");
      expect(csv).toBe(`count\n${kept.count}\n`);
      expect(archive.announced).toHaveLength(1);
      expect(new Set(archive.told.map(({ id }) => id)).size).toBe(1);
    },
  );

  it("announces again, under the same id, what nobody has received", async () => {
    let fails = true;
    const told: Announcement[] = [];
    const archive = archiveOf([""], {
      announce: async (note) => {
        told.push(note);
        if (fails) throw new Error("answered 503");
      },
    });
    expect((await archiveMonth(archive.deps, MONTH)).failed).toEqual([
      { jurisdiction: null, failed: "Error: answered 503" },
    ]);
    expect(archive.announced).toEqual([]);
    fails = false;
    expect((await archiveMonth(archive.deps, MONTH)).failed).toEqual([]);
    await archiveMonth(archive.deps, MONTH);
    expect(told).toHaveLength(2);
    expect(told[1]).toEqual(told[0]);
    expect(archive.announced).toEqual([told[0]?.id]);
  });

  it("keeps each jurisdiction's report with its lakes, and one that fails holds up no other", async () => {
    const archive = archiveOf(["", "eu", "us"]);
    const deps = {
      ...archive.deps,
      places: archive.deps.places.map((place) => {
        if (place.name === "us") return { ...place, report: async () => null };
        return place.name === "" ? failing(place, "read", () => true) : place;
      }),
    };
    const archived = await archiveMonth(deps, MONTH);
    expect(archived.failed.map(({ jurisdiction }) => jurisdiction)).toEqual([null]);
    expect(archived.reports).toMatchObject([{ jurisdiction: "eu", announced_now: true }]);
    expect(archive.told).toMatchObject([{ data: { jurisdiction: "eu" } }]);
    expect([objectsOf(archive).kept.size, objectsOf(archive, "us").kept.size]).toEqual([0, 0]);
    expect(objectsOf(archive, "eu").kept.size).toBe(4);
  });
});

describe("a report that is asked for again", () => {
  it("is kept beside the one before, announced under an id of its own, and then the one that counts", async () => {
    const archive = archiveOf([""]);
    await archiveMonth(archive.deps, MONTH);
    const first = new Map(objectsOf(archive).kept);
    const second = await archiveMonth(archive.deps, MONTH, true);
    expect(second.reports).toMatchObject([{ revision: 2, announced_now: true }]);
    const { kept } = objectsOf(archive);
    for (const [key, bytes] of first) expect(kept.get(key)).toEqual(bytes);
    expect(textOf(objectsOf(archive), "reports/2026-10/revision-2/report.csv")).toBe("count\n2\n");
    expect(archive.told.map(({ id, data }) => [id, data.revision])).toEqual([
      ["id-1", 1],
      ["id-2", 2],
    ]);
    const later = await archiveMonth(archive.deps, MONTH);
    expect(later.reports).toMatchObject([{ revision: 2, announced_now: false }]);
    expect(kept.size).toBe(8);
  });

  it("goes on with a revision that was begun, whoever asks next, and begins no other", async () => {
    const archive = archiveOf([""]);
    await archiveMonth(archive.deps, MONTH);
    let down = true;
    const deps: ArchiveDeps = {
      ...archive.deps,
      announce: async () => {
        if (down) throw new Error("answered 503");
      },
    };
    expect((await archiveMonth(deps, MONTH, true)).failed).toHaveLength(1);
    expect((await archiveMonth(deps, MONTH, true)).failed).toHaveLength(1);
    down = false;
    expect((await archiveMonth(deps, MONTH)).reports).toMatchObject([
      { revision: 2, announced_now: true },
    ]);
    expect(objectsOf(archive).kept.size).toBe(8);
  });

  it("is one for two who ask at the same time", async () => {
    const archive = archiveOf([""]);
    await archiveMonth(archive.deps, MONTH);
    await Promise.all([
      archiveMonth(archive.deps, MONTH, true),
      archiveMonth(archive.deps, MONTH, true),
    ]);
    expect(archive.announced).toHaveLength(2);
    expect(objectsOf(archive).kept.size).toBe(8);
  });
});

describe("what the archive has", () => {
  const filled = async () => {
    const archive = archiveOf(["", "eu"]);
    for (const month of ["2026-09", "2026-10"]) await archiveMonth(archive.deps, month);
    await archiveMonth(archive.deps, "2026-10", true);
    return keptReports(archive.deps.places, archive.deps.forms);
  };
  const documents = ["report.csv", "report.json"];
  const listed = async (
    reports: KeptReports,
    limit: number,
    cursor: string | null = null,
  ): Promise<KeptPage> => {
    const page = await reports.list({ limit, cursor });
    if (!page.ok) throw new Error(page.error.detail);
    return page.value;
  };

  it("is listed, the latest month first", async () => {
    const { items, next_cursor } = await listed(await filled(), 10);
    expect(items).toEqual([
      { month: "2026-10", jurisdiction: null, revision: 2, documents },
      { month: "2026-10", jurisdiction: null, revision: 1, documents },
      { month: "2026-10", jurisdiction: "eu", revision: 2, documents },
      { month: "2026-10", jurisdiction: "eu", revision: 1, documents },
      { month: "2026-09", jurisdiction: null, revision: 1, documents },
      { month: "2026-09", jurisdiction: "eu", revision: 1, documents },
    ]);
    expect(next_cursor).toBeNull();
  });

  it("is listed page by page", async () => {
    const reports = await filled();
    const whole = (await listed(reports, 10)).items;
    const paged: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page: KeptPage = await listed(reports, 1, cursor);
      paged.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null);
    expect(paged).toEqual(whole);
  });

  it("is listed behind no cursor but its own", async () => {
    const reports = await filled();
    const next = (await listed(reports, 1)).next_cursor;
    expect(next).toBe("2026-10..2");
    for (const cursor of [
      "nonsense",
      "",
      "2026-10",
      "2026-10.eu.",
      "2026-10..0",
      `${next}.1`,
      " ",
    ]) {
      const refused = await reports.list({ limit: 1, cursor });
      expect([cursor, refused]).toMatchObject([
        cursor,
        { ok: false, error: { reason: "invalid", code: "bad-cursor" } },
      ]);
    }
  });

  it("is read in its latest revision, or in the one that is named", async () => {
    const reports = await filled();
    const count = async (revision: number | null) => {
      const found = await reports.read("2026-10", "report.json", null, revision);
      if (!found.ok) return found.error.code;
      return JSON.parse(new TextDecoder().decode(found.value.bytes)).count;
    };
    // The first two were September's.
    expect([await count(1), await count(2), await count(null)]).toEqual([3, 5, 5]);
    expect(await count(3)).toBe("report-not-archived");
  });

  it("is read by month, name and jurisdiction, and nothing else is", async () => {
    const reports = await filled();
    const read = async (...asked: Parameters<typeof reports.read>) => {
      const found = await reports.read(...asked);
      return found.ok ? [found.value.media_type, found.value.bytes.length > 0] : found.error.code;
    };
    expect(await read("2026-10", "report.csv", null, null)).toEqual(["text/csv", true]);
    expect(await read("2026-10", "report.json", "eu", null)).toEqual(["application/json", true]);
    for (const [month, name, jurisdiction] of [
      ["2026-08", "report.json", null],
      ["2026-10", "report.pdf", null],
      ["2026-10", "announced.json", null],
      ["2026-10", "report.json", "us"],
    ] as const) {
      expect(await read(month, name, jurisdiction, null)).toBe("report-not-archived");
    }
  });
});
