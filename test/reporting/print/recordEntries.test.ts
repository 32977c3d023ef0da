import { describe, expect, it } from "vitest";
import { readControllers } from "../../../src/reporting/controllers.ts";
import { entriesOf, LETTERS, type Letter } from "../../../src/reporting/print/recordEntries.ts";
import type { ProcessingActivity } from "../../../src/reporting/processingRecords.ts";
import { activitySample, silentActivity } from "./activitySample.ts";

const NOBODY = readControllers(undefined);

const entryOf = (activity: ProcessingActivity, letter: Letter, controllers = NOBODY) => {
  const found = entriesOf(activity, controllers).find((each) => each.letter === letter);
  return { recorded: found?.recorded, missing: found?.not_recorded.map(({ what }) => what) };
};

describe("the entries of an activity", () => {
  it("are one for each letter of Art. 30(1), whatever is known", () => {
    for (const activity of [activitySample(), silentActivity()]) {
      expect(entriesOf(activity, NOBODY).map(({ letter }) => letter)).toEqual(LETTERS);
    }
  });

  it("say what is on record", () => {
    const activity = activitySample();
    expect(entryOf(activity, "a").recorded).toEqual([
      "Owner of the lake: olga-1",
      "Country of the controller: DE",
      "Members with the role privacy officer: petra-2",
    ]);
    expect(entryOf(activity, "b")).toEqual({
      recorded: [
        "Described as: customers of the shop, for billing",
        "billing (1,200 accesses, the last on 28 November 2026)",
      ],
      missing: [],
    });
    expect(entryOf(activity, "c").recorded).toEqual([
      "Declared to hold personal data",
      "Persons are told apart by the column id",
      "Columns that look like personal data: mail (email, person name)",
      "Other columns: id, amount",
    ]);
    expect(entryOf(activity, "d").recorded).toEqual([
      "alice-3 (1,200 accesses, 2 October 2026 to 28 November 2026)",
      "1 webhook of the lake is told of its events, never of data; where they are is sealed (GET /webhooks)",
    ]);
    expect(entryOf(activity, "e").recorded).toEqual([
      "Region of the lake: eu",
      "The lake, its files and its reports are to lie in the European Union",
    ]);
    expect(entryOf(activity, "f")).toEqual({
      recorded: [
        "365 days after a batch was appended, under contract1 (approved): then all of its files are deleted",
        "On the request of a person: within one month (Art. 12(3), 17)",
      ],
      missing: [],
    });
    expect(entryOf(activity, "g").recorded).toEqual([
      expect.stringMatching(/^Compliance level strict/),
      expect.stringMatching(/^Files are sealed under a key of the dataset's own/),
      "Transformed before publication under contract1: mail (mask)",
      "Published under contract1 only in groups of 5 rows or more",
      "Checked before publication under contract1: 2 rules on columns",
      expect.stringMatching(/^Persons stand in logs and reports as keyed pseudonyms/),
    ]);
  });

  it("never make up what nobody has said, and tell how to say it", () => {
    const activity = silentActivity();
    const missing = Object.fromEntries(
      LETTERS.map((letter) => [letter, entryOf(activity, letter).missing]),
    );
    expect(missing).toEqual({
      a: [
        expect.stringMatching(/^name and contact details of the controller/),
        "country of the controller",
        "a privacy officer",
      ],
      b: ["a purpose"],
      c: [
        "categories of data subjects, such as customers or employees",
        "whether it holds personal data",
        "its columns",
      ],
      d: ["to whom recipients belong, and who was given data outside of Lethe"],
      e: [
        "whether lying there is a transfer to a third country, and its safeguards (Art. 44 to 49)",
        "whether recipients are in third countries, and the safeguards of Art. 46 and 49(1)",
      ],
      f: ["a time limit", "time limits of 12 rows that are held elsewhere"],
      g: ["organisational measures, and what is done outside of Lethe"],
    });
    const hints = entriesOf(activity, NOBODY).flatMap(({ not_recorded }) => not_recorded);
    expect(hints.filter(({ how }) => how === "")).toEqual([]);
    expect(entryOf(activity, "b").recorded).toEqual([]);
    expect(entryOf(activity, "d").recorded).toEqual(["Nobody has accessed it yet"]);
  });

  it("name whom the setting names, and ask for a data protection officer where it has none", () => {
    const named = (more: object) =>
      entryOf(
        activitySample(),
        "a",
        readControllers(
          JSON.stringify([{ controller: "North AG, Hafenstr. 1, Hamburg", ...more }]),
        ),
      );
    expect(named({})).toEqual({
      recorded: [
        "Controller: North AG, Hafenstr. 1, Hamburg",
        "Owner of the lake: olga-1",
        "Country of the controller: DE",
        "Members with the role privacy officer: petra-2",
      ],
      missing: ["the data protection officer, where there is one (Art. 37)"],
    });
    const all = named({
      joint_controllers: ["South AG", "East AG"],
      representative: "Rep GmbH",
      data_protection_officer: "dpo@north.example",
    });
    expect(all.missing).toEqual([]);
    expect(all.recorded?.slice(0, 4)).toEqual([
      "Controller: North AG, Hafenstr. 1, Hamburg",
      "Joint controllers: South AG; East AG",
      "Representative: Rep GmbH",
      "Data protection officer: dpo@north.example",
    ]);
    expect(named({ owner_id: "somebody-else" }).recorded?.[0]).toBe("Owner of the lake: olga-1");
  });

  it("say what is wrong with the setting", () => {
    const [entry] = entriesOf(activitySample(), readControllers("North AG"));
    expect(entry?.not_recorded[0]?.how).toMatch(
      /^the setting CONTROLLERS \(CONTROLLERS is not JSON/,
    );
  });

  it("count accesses without a purpose as such", () => {
    const times = { first_at: "2026-10-02T08:00:00.000Z", last_at: "2026-10-02T08:00:00.000Z" };
    const activity = activitySample({
      purposes: [{ purpose: null, accesses: 3, ...times }],
      description: null,
    });
    expect(entryOf(activity, "b")).toEqual({
      recorded: [],
      missing: ["a purpose", "the purpose of 3 accesses"],
    });
  });

  it("ask for the safeguards of a lake that lies outside of the Union", () => {
    const activity = activitySample({ region: "us-east-1", jurisdiction: "us" });
    const { recorded, missing } = entryOf(activity, "e");
    expect(recorded?.[1]).toContain("the United States");
    expect(missing).toHaveLength(2);
  });

  it("say how many a long list leaves out", () => {
    const activity = activitySample({ purpose_count: 207, recipient_count: 201 });
    expect(entryOf(activity, "b").recorded?.at(-1)).toBe("and another 7 purposes");
    expect(entryOf(activity, "d").recorded?.[1]).toBe("and another 1 recipient");
  });
});
