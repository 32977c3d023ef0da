import { describe, expect, it } from "vitest";
import { monthlyPage } from "../../../src/reporting/print/monthlyPage.ts";
import { cellsOf, elementsIn, textOf } from "../../support/markup.ts";
import { checkedPage } from "../../support/printedPage.ts";
import { coveredLake, monthlySample, quietSample } from "./monthlySample.ts";

const pageOf = (...more: Parameters<typeof monthlySample>) =>
  checkedPage(monthlyPage(monthlySample(...more)));

const tableOf = (root: ReturnType<typeof pageOf>, id: string) => {
  const table = elementsIn(root, "table").find(({ attributes }) => attributes.id === id);
  return table === undefined ? [] : cellsOf(table);
};

describe("the printed monthly report", () => {
  it("is one file that needs nothing else, and can be heard as well as seen", () => {
    const root = pageOf();
    expect(elementsIn(root, "svg")).toHaveLength(6);
    expect(textOf(root)).toContain("Monthly compliance report");
    expect(textOf(root)).toContain("1 to 30 November 2026");
  });

  it("is that also in a month in which nothing happened", () => {
    const root = checkedPage(monthlyPage(quietSample()));
    const text = textOf(root);
    expect(text).toContain("In November 2026 no request was recorded");
    expect(text).toContain("In November 2026 nobody accessed data.");
    expect(text).toContain("No deadline passed unanswered in the month.");
    expect(text).not.toMatch(/NaN|undefined|null|Infinity/);
  });

  it("does not call a quiet month kept that others have left requests to", () => {
    const quiet = quietSample();
    const deletions = { ...quiet.deletions, rejected: 3, open: 4, open_overdue: 1 };
    const text = textOf(checkedPage(monthlyPage({ ...quiet, deletions })));
    expect(text).toContain("In November 2026 0 requests were extended and 3 refused");
    expect(text).toContain("1 request was past the deadline and still to be answered at its end.");
    expect(text).toContain("1 of them past the deadline; as of 2026-11-30 23:59 UTC");
    const as_of = "2026-11-20T08:00:00.000Z";
    const ongoing = textOf(checkedPage(monthlyPage({ ...quiet, deletions, as_of })));
    expect(ongoing).toContain("1 request is past the deadline and still to be answered.");
    expect(ongoing).toContain("1 of them past the deadline; as of 2026-11-20 08:00 UTC");
    expect(textOf(checkedPage(monthlyPage(quiet)))).not.toMatch(/past the deadline and still/);
  });

  it("shows behind each chart the figures that it draws", () => {
    const { deletions_by_day, by_month } = monthlySample();
    const root = pageOf();
    const days = tableOf(root, "figures-days");
    expect(days).toHaveLength(
      1 + deletions_by_day.filter(({ requested }) => requested > 0).length + 1,
    );
    expect(days[10]).toEqual(["10 November 2026", "3", "2", "2"]);
    expect(days.at(-1)).toEqual(["Month", "60", "40", "2"]);
    expect(tableOf(root, "figures-deadline")).toEqual([
      ["Completed", "Erasures", "Share"],
      ["14 days or more before the deadline", "9", "22.5%"],
      ["0 to 14 days before the deadline", "30", "75.0%"],
      ["up to 7 days late", "1", "2.5%"],
      ["more than 7 days late", "0", "0.0%"],
      ["All", "40", "100.0%"],
    ]);
    const months = tableOf(root, "figures-months");
    expect(months).toHaveLength(1 + by_month.length);
    expect(months[1]).toEqual(["December 2025", "50", "40", "0", "–"]);
    expect(months[12]).toEqual(["November 2026", "61", "51", "2", "11 d 14 h"]);
    expect(tableOf(root, "figures-quarantine")[12]).toEqual([
      "November 2026",
      "100",
      "90",
      "90,000",
      "11",
      "11.0%",
    ]);
    expect(tableOf(root, "figures-states").at(-1)).toEqual(["All", "85", "100.0%"]);
  });

  it("says what a long list leaves out", () => {
    const rows = tableOf(pageOf(), "figures-datasets");
    expect(rows).toHaveLength(1 + 60);
    const left = monthlySample().access_by_dataset.slice(60);
    const sum = left.reduce((total, { count }) => total + count, 0);
    expect(textOf(pageOf())).toContain(`Another 10 datasets with ${sum} accesses: see the CSV.`);
    expect(textOf(pageOf({ lake_count: 502 }))).toContain("Another 500 lakes are counted above");
  });

  it("does not take a list that was cut for the whole", () => {
    const access_by_user = Array.from({ length: 1_000 }, (_, at) => ({
      accessor_id: `reader-${at}`,
      count: 1,
    }));
    const text = textOf(pageOf({ access_by_user }));
    expect(text).toContain("by 1,000 accessors or more");
    expect(text).toContain("Another 940 accessors with 940 accesses at least: see the CSV.");
  });

  it("says how far each lake was delivered, and that a month goes on", () => {
    const [, ...lakes] = elementsIn(pageOf(), "table")
      .filter(({ attributes }) => attributes.class === "fixed covered")
      .flatMap(cellsOf);
    expect(lakes.map((cells) => cells.at(-1))).toEqual([
      "2026-11-30 22:10event 4,321",
      "–event 4,321",
    ]);
    expect(textOf(pageOf())).not.toContain("This month is not over");
    expect(textOf(pageOf({ as_of: "2026-11-20T08:00:00.000Z" }))).toContain(
      "This month is not over: the figures stand as of 20 November 2026, 08:00 UTC.",
    );
  });

  it("says that lakes are told anew, and that it lacks something of them", () => {
    const lacks = (lakes: number) => textOf(pageOf({ rebuilding: { lakes } }));
    expect(lacks(2)).toContain("The reports on 2 lakes are being made anew");
    expect(lacks(0)).not.toContain("made anew");
  });

  it("names the lake when it is about one", () => {
    const root = pageOf({ lake_count: 1, lakes: [coveredLake("north")] });
    expect(textOf(root)).toContain("Lakes coveredThe lake north (north)");
  });

  it("shows names as they are, and runs none of them", () => {
    const hostile = `"><script>alert(1)</script><!-- \u202e & 'x`;
    const root = pageOf({
      lakes: [coveredLake("north", { name: hostile, region: hostile })],
      access_by_user: [{ accessor_id: hostile, count: 1 }],
      access_by_dataset: [{ lake_id: "north", dataset_id: hostile, count: 1 }],
      access_by_purpose: [{ purpose: hostile, count: 1 }],
    });
    const shown = elementsIn(root, "bdi").map(textOf);
    expect(shown.filter((name) => name === hostile)).toHaveLength(5);
  });
});
