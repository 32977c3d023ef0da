import { describe, expect, it } from "vitest";
import { readControllers } from "../../../src/reporting/controllers.ts";
import { RECORD_COLUMNS, recordCsv } from "../../../src/reporting/print/recordCsv.ts";
import { LETTERS } from "../../../src/reporting/print/recordEntries.ts";
import { recordPage } from "../../../src/reporting/print/recordPage.ts";
import { processingRecordOf } from "../../../src/reporting/processingRecord.ts";
import type { ProcessingActivity } from "../../../src/reporting/processingRecords.ts";
import { cellsOf, elementsIn, textOf } from "../../support/markup.ts";
import { checkedPage } from "../../support/printedPage.ts";
import { readRfc4180 } from "../../support/rfc4180.ts";
import { activitySample, silentActivity } from "./activitySample.ts";

const AS_OF = "2026-11-29T02:00:00.000Z";

const recordOf = (items: readonly ProcessingActivity[], next_cursor: string | null = null) =>
  processingRecordOf({ items, next_cursor }, AS_OF, readControllers(undefined));

const two = [activitySample(), silentActivity()];

describe("the printed record of processing activities", () => {
  it("has every letter of Art. 30(1) for every activity", () => {
    const root = checkedPage(recordPage(recordOf(two)));
    const small = elementsIn(root, "small").map(textOf);
    const times = (letter: string) =>
      small.filter((each) => each === `Art. 30(1)(${letter})`).length;
    // The controller and where the lake lies are said once a lake.
    expect(LETTERS.map(times)).toEqual([1, 2, 2, 2, 1, 2, 2]);
    expect(elementsIn(root, "article")).toHaveLength(2);
    expect(textOf(root)).toContain("2 processing activities in 1 lake");
  });

  it("marks what is not on record, in the list of activities too", () => {
    const root = checkedPage(recordPage(recordOf(two)));
    const [contents] = elementsIn(root, "table").map(cellsOf);
    expect(contents).toEqual([
      ["Dataset", "Lake", "Personal data", "Kept for", "Not recorded"],
      ["customers", "The lake in the north", "yes", "365 days", "5"],
      ["unknown", "The lake in the north", "not recorded", "not recorded", "13"],
    ]);
    const lines = elementsIn(root, "li").filter(({ attributes }) => attributes.class === "missing");
    expect(lines.map(textOf)).toContain(
      "Not recorded: a time limit. Where it belongs: retention_days in POST /contracts.",
    );
  });

  it("says that it goes on, and that there is nothing", () => {
    expect(textOf(checkedPage(recordPage(recordOf(two, "abc"))))).toContain("This record goes on");
    const none = textOf(checkedPage(recordPage(recordOf([]))));
    expect(none).toContain("There is no dataset in the lakes that you watch.");
    expect(none).not.toContain("This record goes on");
  });

  it("shows names as they are, and runs none of them", () => {
    const hostile = `"><script>alert(1)</script>`;
    const activity = activitySample({
      lake_name: hostile,
      owner_id: hostile,
      description: hostile,
      purposes: [],
      recipients: [],
    });
    const root = checkedPage(recordPage(recordOf([activity])));
    expect(textOf(root)).toContain(`Described as: ${hostile}`);
  });
});

describe("the record of processing activities as CSV", () => {
  it("has one activity a line and a column for each letter", () => {
    const [head, first, second, ...others] = readRfc4180(recordCsv(recordOf(two)).text);
    expect(head).toEqual(RECORD_COLUMNS);
    expect(head?.filter((name) => name.startsWith("art_30_1_"))).toHaveLength(LETTERS.length);
    expect(others).toEqual([]);
    const cell = (line: readonly string[] | undefined, name: string) =>
      line?.[RECORD_COLUMNS.indexOf(name as (typeof RECORD_COLUMNS)[number])];
    expect(cell(first, "art_30_1_f_time_limits")).toContain("365 days after a batch was appended");
    expect(cell(second, "art_30_1_b_purposes")).toBe("");
    expect(cell(second, "not_recorded")).toContain("(f) a time limit: retention_days in POST");
  });
});
