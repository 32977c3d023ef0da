/**
 * Values that a JSON Schema of the OpenAPI document accepts, and values that it nearly accepts.
 * Where a name says what is meant (`batch_id`), the value is often one that is there.
 */
import fc from "../property.ts";
import { hostileText, hostileValue } from "./hostile.ts";

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly format?: string;
  readonly pattern?: string;
  readonly maxLength?: number;
  readonly example?: unknown;
  readonly examples?: readonly unknown[];
}

/** What is there, by the names that fields and parameters have for it. */
export type Known = Readonly<Record<string, readonly unknown[]>>;

type Components = Readonly<Record<string, Schema>>;

/** Levels of a schema that refers to itself. */
const MAX_DEPTH = 5;

const WORDS = ["a", "because", "Ann B.", "x1", "sales", "2026-11-01", "Straße 5", "1%"] as const;

const moment = fc
  .date({
    min: new Date("2020-01-01T00:00:00Z"),
    max: new Date("2032-01-01T00:00:00Z"),
    noInvalidDate: true,
  })
  .map((date) => date.toISOString());

/** The lake of the example is the default one, whose beginning is another test's to see. */
const withoutExample = ({ example: _, ...schema }: Schema): Schema => schema;

export const schemaValues = (components: Components, known: Known) => {
  const valuesOf = (schema: Schema, name: string, depth = 0): fc.Arbitrary<unknown> => {
    const there = known[name];
    const own = structure(name === "lake_id" ? withoutExample(schema) : schema, name, depth);
    return there === undefined || there.length === 0
      ? own
      : fc.oneof(
          { weight: 5, arbitrary: fc.constantFrom(...there) },
          { weight: 1, arbitrary: own },
        );
  };

  const structure = (schema: Schema, name: string, depth: number): fc.Arbitrary<unknown> => {
    if (depth > MAX_DEPTH) return fc.constant(null);
    if (schema.$ref !== undefined) {
      const referred = components[schema.$ref.split("/").at(-1) ?? ""];
      return referred === undefined ? fc.constant(null) : structure(referred, name, depth + 1);
    }
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices !== undefined) {
      return fc.oneof(...choices.map((choice) => structure(choice, name, depth + 1)));
    }
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
    switch (schema.type) {
      case "object":
        return object(schema, depth);
      case "array": {
        const { items = {}, minItems = 0, maxItems = 4 } = schema;
        const limits = {
          minLength: minItems,
          maxLength: Math.max(minItems, Math.min(maxItems, 4)),
        };
        return fc.array(valuesOf(items, name, depth + 1), limits);
      }
      case "integer": {
        const { minimum = 0, maximum = 1_000_000 } = schema;
        return fc.integer({ min: Math.ceil(minimum), max: Math.min(maximum, 2 ** 31) });
      }
      case "number":
        return fc.double({ min: schema.minimum ?? 0, max: schema.maximum ?? 1e6, noNaN: true });
      case "null":
        return fc.constant(null);
      case "boolean":
        return fc.boolean();
      case "string":
        return text(schema);
      default:
        return fc.constantFrom(...WORDS, 1, true, null);
    }
  };

  const object = (schema: Schema, depth: number): fc.Arbitrary<unknown> => {
    const { properties = {}, required = [], additionalProperties } = schema;
    const own = fc.record(
      Object.fromEntries(
        Object.entries(properties).map(([name, inner]) => [name, valuesOf(inner, name, depth + 1)]),
      ),
      { requiredKeys: [...required] },
    );
    if (typeof additionalProperties !== "object") return own;
    const keys = fc.constantFrom(...(known.column ?? ["id"]), "other").map(String);
    return fc
      .tuple(
        own,
        fc.dictionary(keys, valuesOf(additionalProperties, "", depth + 1), { maxKeys: 3 }),
      )
      .map(([named, others]) => ({ ...others, ...named }));
  };

  const text = ({ format, pattern, maxLength = 50, example, examples }: Schema) => {
    if (format === "date-time") return moment;
    if (format === "date") return moment.map((time) => time.slice(0, 10));
    const given = [example, ...(examples ?? [])].filter((one) => one !== undefined);
    const free = fc.constantFrom(...WORDS).map((word) => word.slice(0, maxLength));
    if (given.length > 0) return fc.constantFrom(...given, "x1");
    return pattern === undefined ? free : fc.stringMatching(new RegExp(pattern));
  };

  return valuesOf;
};

/** The same value, but that one thing somewhere in it is not what it was. */
export const nearly = (value: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc
    .tuple(
      value,
      fc.nat(),
      fc.constantFrom("drop", "replace", "add", "wrap", "spell"),
      hostileValue,
      hostileText,
    )
    .map(([whole, at, how, wrong, name]) => changed(whole, at, how, wrong, name));

const changed = (
  value: unknown,
  at: number,
  how: string,
  wrong: unknown,
  name: string,
): unknown => {
  if (typeof value !== "object" || value === null) return how === "wrap" ? [value] : wrong;
  if (how === "add" && !Array.isArray(value)) return { ...value, [name]: wrong };
  const keys = Object.keys(value);
  const key = keys[at % Math.max(1, keys.length)];
  if (key === undefined) return wrong;
  const inner = (value as Record<string, unknown>)[key];
  // Down into what has parts, every other time.
  if (typeof inner === "object" && inner !== null && at % 2 === 0) {
    return put(value, key, changed(inner, Math.floor(at / 2), how, wrong, name));
  }
  switch (how) {
    case "drop":
      return Object.fromEntries(Object.entries(value).filter(([one]) => one !== key));
    case "wrap":
      return put(value, key, [inner]);
    case "spell":
      return put(value, key, typeof inner === "string" ? `${inner}${name}` : JSON.stringify(inner));
    default:
      return put(value, key, wrong);
  }
};

const put = (whole: object, key: string, inner: unknown): unknown =>
  Array.isArray(whole)
    ? whole.map((one, at) => (String(at) === key ? inner : one))
    : { ...whole, [key]: inner };
