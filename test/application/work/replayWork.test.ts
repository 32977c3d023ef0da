import { describe, expect, it } from "vitest";
import { replayDataset } from "../../../src/application/work/replayWork.ts";
import { NO_ANSWER, type Workshop } from "../../../src/application/work/workshop.ts";
import { replayId } from "../../../src/contracts/fields.ts";
import { ok } from "../../../src/domain/decider.ts";
import { SALES } from "../../support/facts.ts";
import { testLake } from "../../support/testLake.ts";

const replay_id = replayId.parse("replay-1");

const ACCEPTED = {
  ...NO_ANSWER,
  outcome: "accepted",
  body: { replay: { replay_id, background: false } },
  location: `/replays/${replay_id}`,
} as const;

describe("a replay whose lake is gone once it is on record", () => {
  it("is accepted: it goes on in the background, and the answer says where", async () => {
    const lost = async () => {
      throw new Error("too many subrequests");
    };
    const lake = { command: async () => ok(ACCEPTED), open: lost, ask: lost };
    const shop = { lake, now: () => 0 } as unknown as Workshop;
    const request = { dataset: SALES, batch_id: null };
    expect(await replayDataset(shop, testLake().call(), request)).toEqual(ok(ACCEPTED));
  });
});
