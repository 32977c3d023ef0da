import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  checkEventContracts,
  EVENT_CONTRACTS,
  upcast,
  writtenVersion,
} from "../../src/contracts/events.ts";

const domain = path.resolve(import.meta.dirname, "../../src/domain");

/** The event types that the unions named `…Event` in the domain's sources can be of. */
const typesInSource = (): readonly string[] => {
  const sources = readdirSync(domain, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(path.join(domain, file), "utf8"));
  return sources.flatMap(typesIn);
};

/** A union ends at the first line that begins in the first column again. */
const typesIn = (source: string): readonly string[] =>
  [...source.matchAll(/^export type \w+Event =\n((?:(?: .*)?\n)+)/gm)].flatMap(([, union]) =>
    [...(union ?? "").matchAll(/readonly type: ((?:"\w+"(?: \| )?)+)/g)].flatMap(([, types]) =>
      [...(types ?? "").matchAll(/"(\w+)"/g)].map(([, type]) => type ?? ""),
    ),
  );

describe("the events of the domain", () => {
  it("are found in its sources", () => {
    const source = [
      "export type SomeEvent =",
      '  | { readonly type: "OneHappened"; readonly data: object }',
      "  | {",
      '      readonly type: "TwoHappened" | "ThreeHappened";',
      "    };",
      "",
      'const other: { readonly type: "Command" };',
    ].join("\n");
    expect(typesIn(source)).toEqual(["OneHappened", "TwoHappened", "ThreeHappened"]);
    expect(typesInSource().length).toBeGreaterThan(30);
  });

  it("each have a contract, and no contract is about an event nobody records", () => {
    expect([...typesInSource()].sort()).toEqual(Object.keys(EVENT_CONTRACTS).sort());
  });

  it("are named in the past tense, each once", () => {
    const types = typesInSource();
    expect(new Set(types).size).toBe(types.length);
    for (const type of types)
      expect(type).toMatch(/^[A-Z]\w+(ed|Held|RolledBack|Overdue|Approaching)$/);
  });
});

describe("the contracts of events", () => {
  const rename = (data: Readonly<Record<string, unknown>>) => ({ ...data, renamed: true });

  it("lead from version 1 to the present one", () => {
    expect(() => checkEventContracts()).not.toThrow();
    expect(() =>
      checkEventContracts({ Tested: { version: 3, steps: [rename, rename] } }),
    ).not.toThrow();
  });

  it.each([
    ["misses", { version: 3, steps: [rename] }],
    ["misses every", { version: 2, steps: [] }],
    ["has too many of", { version: 1, steps: [rename] }],
  ])("stop the start of a lake that %s a step", (_, contract) => {
    expect(() => checkEventContracts({ Tested: contract })).toThrow(/event Tested/);
  });

  it("say in which version an event is written", () => {
    expect(writtenVersion("ComplianceLevelChanged")).toBe(1);
    expect(() => writtenVersion("NobodyKnows")).toThrow("NobodyKnows");
    expect(() => writtenVersion("toString")).toThrow("toString");
  });
});

describe("upcasting", () => {
  const contracts = {
    Tested: {
      version: 3,
      steps: [
        (data: Readonly<Record<string, unknown>>) => ({ ...data, path: `${data.path}>2` }),
        (data: Readonly<Record<string, unknown>>) => ({ ...data, path: `${data.path}>3` }),
      ],
    },
  };

  it.each([
    [1, "1>2>3"],
    [2, "2>3"],
    [3, "3"],
  ])("takes an event of version %i through its steps in order", (version, steps) => {
    expect(upcast("Tested", version, { path: `${version}` }, contracts)).toEqual({ path: steps });
  });

  it("leaves an event of the present version as it is", () => {
    const data = { a: { b: [1] } };
    expect(upcast("ComplianceLevelChanged", 1, data)).toBe(data);
  });

  it("says of events from before k-anonymity that nothing was demanded, left out or remembered", () => {
    const ungrouped = { suppressed_rows: 0, k_anonymity: null };
    const publication = { objects: [], schema: {}, rows: 1 };
    expect(upcast("DataContractDefined", 1, { version: 1 })).toMatchObject({ k_anonymity: null });
    expect(upcast("DataContractUpdated", 2, { retention_days_before: 7 })).toEqual({
      retention_days_before: 7,
      k_anonymity: null,
    });
    const published = { ...publication, ...ungrouped, newest: {}, warnings: [] };
    expect(upcast("DataPublished", 1, { publication, warnings: [] })).toEqual(published);
    expect(upcast("DataPublished", 2, { ...publication, warnings: [] })).toEqual(published);
    expect(upcast("BatchDerived", 1, { result: { rows: 1, publication } })).toEqual({
      result: { rows: 1, publication: { ...publication, ...ungrouped, newest: {} } },
    });
    const misfit = { result: { kind: "misfit" } };
    expect(upcast("BatchDerived", 1, misfit)).toEqual(misfit);
  });

  it("does not change the data it was given", () => {
    const data = Object.freeze({ path: "1" });
    upcast("Tested", 1, data, contracts);
    expect(data).toEqual({ path: "1" });
  });

  it.each([0, 4, -1])("refuses version %i, which this code does not know", (version) => {
    expect(() => upcast("Tested", version, {}, contracts)).toThrow(/knows 1-3/);
  });

  it("refuses a type this code does not know, also one that every object has", () => {
    expect(() => upcast("NobodyKnows", 1, {})).toThrow("NobodyKnows");
    expect(() => upcast("constructor", 1, {})).toThrow("constructor");
  });
});
