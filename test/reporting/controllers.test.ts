import { describe, expect, it } from "vitest";
import { readControllers } from "../../src/reporting/controllers.ts";

const written = (...list: readonly object[]): string => JSON.stringify(list);

describe("the setting CONTROLLERS", () => {
  it("names nobody when it is not set", () => {
    for (const setting of [undefined, "", "[]"]) {
      const { of, fault } = readControllers(setting);
      expect([of("olga-1"), fault]).toEqual([null, null]);
    }
  });

  it("names the owner's controller, else the one of all other lakes", () => {
    const [north, rest] = [
      { owner_id: "olga-1", controller: "North AG, Hafenstr. 1, 20457 Hamburg" },
      { controller: " Rest GmbH, Berlin ", data_protection_officer: "dpo@rest.example" },
    ];
    const all = readControllers(written(rest, north));
    expect(all.fault).toBeNull();
    expect(all.of("olga-1")).toEqual(north);
    expect(all.of("otto-2")).toEqual({ ...rest, controller: "Rest GmbH, Berlin" });
    expect(readControllers(written(north)).of("otto-2")).toBeNull();
  });

  it("names nobody when it is wrong, and says where without what stands there", () => {
    const faulty: readonly (readonly [string, RegExp])[] = [
      ["North AG", /^CONTROLLERS is not JSON: it is a JSON list of /],
      ['{"controller": "North AG"}', /^CONTROLLERS is not valid: it /],
      [written({ contact: "North AG" }), /^CONTROLLERS is not valid: 0\.controller /],
      [written({ controller: "North AG", dpo: "x" }), /^CONTROLLERS is not valid: 0 /],
      [written({ controller: " " }), /0\.controller/],
      [written({ controller: "North\nAG" }), /0\.controller must be one line/],
      [written({ controller: "x".repeat(501) }), /0\.controller/],
      [written({ controller: "North AG", joint_controllers: [] }), /0\.joint_controllers/],
      [written({ controller: "North AG" }, { controller: "South AG" }), /names two for the same/],
    ];
    for (const [setting, expected] of faulty) {
      const { of, fault } = readControllers(setting);
      expect(of("olga-1")).toBeNull();
      expect(fault).toMatch(expected);
      expect(fault).not.toMatch(/North|South/);
    }
  });
});
