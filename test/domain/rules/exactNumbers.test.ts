import { describe, expect, it } from "vitest";
import { roundedNumbers } from "../../../src/domain/rules/exactNumbers.ts";
import fc from "../../support/property.ts";

/** Of rules as they arrive: their JSON text. */
const pathsIn = (json: string) => roundedNumbers(JSON.parse(json)).map(({ path }) => path);

describe("a number in rules that may have been rounded", () => {
  it.each([
    ['{"id":{"rule":"!=","value":9007199254740993}}', "id.value"],
    ['{"id":{"rule":"!=","value":-9007199254740993}}', "id.value"],
    ['{"id":{"rule":"==","value":10000000000000000001}}', "id.value"],
    ['{"id":{"rule":"<","value":1e999}}', "id.value"],
    ['{"id":["not_null",{"rule":"in","values":[1,9007199254740993]}]}', "id.1.values"],
    ['{"id":{"rule":"not_in","value":[9007199254740993]}}', "id.value"],
    ['{"id":{"rule":"between","min":9007199254740993,"max":"9007199254740999"}}', "id.min"],
    ['{"id":{"rule":"between","min":0,"max":9007199254740993}}', "id.max"],
    ['{"price":{"rule":">","value":0.1234567890123456789}}', "price.value"],
    ['{"price":{"rule":">","value":1234567890.1234567}}', "price.value"],
    ['{"price":{"rule":">","value":-1.234567890123456789e-7}}', "price.value"],
    ['{"id":{"strategy":"bucket","size":9007199254740993}}', "id.size"],
    ['{"id":{"strategy":"bucket","buckets":[0,9007199254740993]}}', "id.buckets"],
    ['{"id":{"strategy":"generalize","buckets":[0.1234567890123456789]}}', "id.buckets"],
  ])("is found: %s", (json, path) => {
    expect(pathsIn(json)).toEqual([path]);
  });

  it("is said in every option that holds one", () => {
    const json =
      '{"a":{"min":9007199254740993,"max":9007199254740995},"b":{"value":0.12345678901234567}}';
    expect(pathsIn(json)).toEqual(["a.min", "a.max", "b.value"]);
  });

  it("comes with the advice to write a text", () => {
    const [issue] = roundedNumbers({ id: { rule: "!=", value: 2 ** 53 } });
    expect(issue?.message).toContain("read as 9007199254740992");
    expect(issue?.message).toContain('write it as a text, such as "9007199254740993"');
  });
});

describe("a number in rules that is as it was written", () => {
  it.each([
    '{"id":{"rule":"==","value":9007199254740991}}',
    '{"id":{"rule":"between","min":-9007199254740991,"max":1709208000123456}}',
    '{"id":{"rule":"==","value":"9007199254740993"}}',
    '{"id":"==9007199254740993"}',
    '{"price":{"rule":"in","values":[0.1,0.3,123456789.012345,0.000000123456789012345,-1.5e-300]}}',
    '{"price":{"strategy":"bucket","buckets":[-1.5,0,"0.1234567890123456789"]}}',
    '{"price":[null,5,[9007199254740993]]}',
  ])("is let through: %s", (json) => {
    expect(pathsIn(json)).toEqual([]);
  });

  it("is every decimal of 15 digits", () => {
    const digits = fc.bigInt({ min: 1n, max: 10n ** 15n - 1n });
    fc.assert(
      fc.property(digits, fc.integer({ min: 1, max: 30 }), (units, scale) => {
        const text = units.toString().padStart(scale + 1, "0");
        const written = `${text.slice(0, -scale)}.${text.slice(-scale)}`;
        expect(pathsIn(`{"price":{"rule":">","value":${written}}}`)).toEqual([]);
      }),
    );
  });
});
