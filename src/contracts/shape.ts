/**
 * Shapes: which members the data of an event has, and of which JSON type each is. They are held
 * against the events' types by the compiler, so that neither goes without the other.
 */
import type { DomainEvent } from "../domain/decider.ts";

export const TEXT = "string";
export const NUMBER = "number";
export const FLAG = "boolean";
export const LIST = "array";
export const OBJECT = "object";
export const TEXT_OR_OBJECT = "string or object";
export const MAYBE_TEXT = "string or null";
export const MAYBE_NUMBER = "number or null";
export const MAYBE_FLAG = "boolean or null";
export const MAYBE_LIST = "array or null";
export const MAYBE_OBJECT = "object or null";
export const OPTIONAL_TEXT = "string or absent";
export const OPTIONAL_NUMBER = "number or absent";
export const OPTIONAL_FLAG = "boolean or absent";
export const OPTIONAL_LIST = "array or absent";
export const OPTIONAL_OBJECT = "object or absent";

type JsonType<Value> = [Value] extends [string]
  ? "string"
  : [Value] extends [number]
    ? "number"
    : [Value] extends [boolean]
      ? "boolean"
      : [Value] extends [readonly unknown[]]
        ? "array"
        : [Value] extends [object]
          ? "object"
          : "string or object";

type Wanted<Value> =
  `${JsonType<NonNullable<Value>>}${null extends Value ? " or null" : ""}${undefined extends Value ? " or absent" : ""}`;

type DataOf<Event, Type> = Event extends { readonly type: infer Types; readonly data: infer Data }
  ? Type extends Types
    ? Data
    : never
  : never;

type Shape<Data> = { readonly [Key in keyof Data]-?: Wanted<Data[Key]> };

/** One shape an event type, no member of its data left out. */
export type ShapesOf<Event extends DomainEvent> = {
  readonly [Type in Event["type"]]: Shape<DataOf<Event, Type>>;
};

/** What a value is, in the words of shapes. */
export const jsonTypeOf = (value: unknown): string => {
  if (value === undefined) return "absent";
  if (value === null) return "null";
  return Array.isArray(value) ? LIST : typeof value;
};
