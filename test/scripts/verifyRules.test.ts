import { afterEach, describe, expect, it } from "vitest";
import { Report } from "../../scripts/support/verify/report.ts";
import { verifyLog } from "../../scripts/support/verify/verifyLog.ts";
import { eventText, eventTexts, newSigner, type Started, serve } from "./verifyLake.ts";

const LOG = eventTexts(40);

let server: Started | null = null;
afterEach(() => server?.close());

const verify = async (tree: readonly string[]) => {
  server = await serve({ tree, signer: newSigner("lethe/demo") });
  const report = new Report();
  const outcome = await verifyLog({ lake: server.url }, report);
  const caught = report.findings.filter(({ mark }) => mark === "caught");
  return { outcome, caught: caught.map(({ text }) => text) };
};

describe("a log that is signed but makes no sense", () => {
  const cases: [string, string, string][] = [
    ["a gap in a stream", eventText(9, { stream_version: 4 }), "is version 4 of batch/0, not 3"],
    [
      "a step back in time",
      eventText(9, { recorded_at: "2020-01-01T00:00:00Z" }),
      "before the one",
    ],
    ["no time", eventText(9, { recorded_at: "yesterday" }), "has no time as recorded_at"],
    ["an event_id used before", eventText(9, { event_id: "0190-2" }), "the event_id of event 2"],
    ["another seq", eventText(9, { seq: 8 }), "in the place of event 9 stands event 8"],
    ["a member missing", eventText(9).replace('"actor":"zoë",', ""), "has no string as actor"],
    ["a member more", eventText(9, { more: 1 }), "has its members in another order or form"],
    ["white space", eventText(9).replace(",", ", "), "has its members in another order or form"],
    ["a member twice", eventText(9).replace("{", '{"seq":1,'), "in another order or form"],
    ["no object", "[9]", "has no number as seq"],
    ["no JSON", "9,", "is not JSON"],
  ];
  for (const [what, text, told] of cases)
    it(`is caught with ${what}`, async () => {
      const { outcome, caught } = await verify(LOG.with(8, text));
      expect(outcome).toBe("caught");
      expect(caught.join("\n")).toMatch(new RegExp(`event 9 .*${told}|${told}`));
    });
});

describe("a log of which everything is wrong", () => {
  it("is told of in a few lines", async () => {
    const { caught } = await verify(LOG.toReversed());
    expect(caught.length).toBeLessThan(30);
    expect(caught.at(-1)).toMatch(/… and \d+ more like these/);
  });
});
