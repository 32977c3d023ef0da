/** Which object a lake is asked for in, against a platform that has jurisdictions. */
import { describe, expect, it } from "vitest";
import type { Call } from "../../src/application/lakeGateway.ts";
import type { Gateway } from "../../src/application/lakeStub.ts";
import { placedGateway } from "../../src/application/placedGateway.ts";
import { type At, type Home, places, type Whereabouts } from "../../src/application/places.ts";
import { type Placement, placementOf } from "../../src/domain/residency.ts";
import { testLake } from "../support/testLake.ts";

/** Objects by name, as the platform has them in no jurisdiction; what they were asked is told. */
const platform = (here: readonly string[] = []) => {
  const kept = new Map<string, Whereabouts>(here.map((id) => [id, "here"]));
  const asked: string[] = [];
  const homeOf = (lake_id: string, hint: string | null): Home => ({
    async whereabouts() {
      asked.push(`where is ${lake_id}${hint ? ` near ${hint}` : ""}`);
      return kept.get(lake_id) ?? "nowhere";
    },
    async claim(jurisdiction) {
      asked.push(`${lake_id} for ${jurisdiction}`);
      const found = kept.get(lake_id) ?? jurisdiction;
      kept.set(lake_id, found);
      return found;
    },
  });
  return { kept, asked, homeOf };
};

const in_ = (region: string): Placement => {
  const placement = placementOf(region);
  if (placement === null) throw new Error(`${region} is no place`);
  return placement;
};

describe("the place of a lake", () => {
  it("is kept before the lake comes into being, and is the same for every Worker", async () => {
    const { homeOf, asked } = platform();
    const [one, other] = [places(homeOf), places(homeOf)];
    expect(await one.reserve("north", in_("eu-west-1"))).toBe("eu");
    expect(await other.of("north")).toBe("eu");
    expect(asked).toEqual(["north for eu", "where is north"]);
  });

  it("costs nothing from the second request on, and no wait", async () => {
    const { homeOf, asked } = platform(["old"]);
    const known = places(homeOf);
    await known.reserve("north", in_("us"));
    expect([await known.of("old"), known.of("old"), known.of("north")]).toEqual([null, null, "us"]);
    expect(asked).toEqual(["north for us", "where is old"]);
  });

  it("is that of the first who asked for it, whoever asks for another at the same time", async () => {
    const { homeOf, kept } = platform();
    const asked = ["eu", "us", "fedramp"].map((region) =>
      places(homeOf).reserve("north", in_(region)),
    );
    expect(await Promise.all(asked)).toEqual(["eu", "eu", "eu"]);
    expect(await places(homeOf).reserve("north", in_("sa-east-1"))).toBe("eu");
    expect(kept.get("north")).toBe("eu");
  });

  it("stays where it is, of a lake from before there were places", async () => {
    const { homeOf } = platform(["old"]);
    expect(await places(homeOf).reserve("old", in_("eu"))).toBeNull();
    expect(await places(homeOf).of("old")).toBeNull();
  });

  it("is not remembered of a lake that is nowhere: it may come into being in between", async () => {
    const { homeOf } = platform();
    const known = places(homeOf);
    expect(await known.of("north")).toBeNull();
    await places(homeOf).reserve("north", in_("eu"));
    expect(await known.of("north")).toBe("eu");
  });

  it("without a jurisdiction is near where the hint says", async () => {
    const { homeOf, asked } = platform();
    expect(await places(homeOf).reserve("north", in_("sa-east-1"))).toBeNull();
    expect(asked).toEqual(["where is north near sam"]);
  });

  it("is not told when it cannot be found out", async () => {
    const broken = {
      whereabouts: () => Promise.reject(new Error("unreachable")),
      claim: () => Promise.reject(new Error("unreachable")),
    };
    const known = places(() => broken);
    await expect(known.of("north")).rejects.toThrow("unreachable");
    await expect(known.reserve("north", in_("eu"))).rejects.toThrow("unreachable");
  });

  it("is kept of so many lakes and no more: the oldest is asked for again", async () => {
    const { homeOf, asked } = platform(["a", "b", "c"]);
    const known = places(homeOf, 2);
    for (const id of ["a", "b", "c", "b", "c", "a"]) await known.of(id);
    expect(asked).toEqual(["where is a", "where is b", "where is c", "where is a"]);
  });
});

describe("what is asked of a lake", () => {
  it("goes to the jurisdiction it is in", async () => {
    const reached: string[] = [];
    const at = (place: At): Gateway => {
      const noted = (verb: string) => async (call: Call) => {
        reached.push(`${verb} ${call.lake_id} in ${place}`);
      };
      const verbs = ["command", "open", "abandon", "ask", "prove", "listen", "importLog"];
      return Object.fromEntries(verbs.map((verb) => [verb, noted(verb)])) as unknown as Gateway;
    };
    const { homeOf } = platform(["old"]);
    const known = places(homeOf);
    await known.reserve("north", in_("eu"));
    const gateway = placedGateway(known, at);
    const call = testLake().call();
    await gateway.command(call, { type: "ChangeComplianceLevel", compliance_level: "gdpr" });
    await gateway.ask({ ...call, lake_id: "old" }, { kind: "lake", when: null });
    await gateway.abandon(call, "attempt");
    await gateway.importLog(call, { kind: "state" });
    expect(reached).toEqual([
      "command north in eu",
      "ask old in null",
      "abandon north in eu",
      "importLog north in eu",
    ]);
  });
});
