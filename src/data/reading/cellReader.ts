/**
 * What a text of a CSV file means under a reading: the options are undone first (groups of digits,
 * the order of a date), then the text is parsed as any other, so that both ways agree on values.
 */
import { assertNever, invariant } from "../../domain/decider.ts";
import { concerns, folded, type Reading } from "../../domain/reading.ts";
import type { ColumnType } from "../../domain/table.ts";
import { parseTimeFormat, type TimeField } from "../../domain/timeFormat.ts";
import { parseDate, parseDatetime, saysMore } from "../calendar.ts";
import type { Cell } from "../columnCells.ts";
import { misfit, parseText } from "../types.ts";
import { utcFrom } from "./localTimes.ts";

/** The cell a field stands for, or undefined when it does not fit its column. */
export type CellReader = (text: string, quoted: boolean) => Cell | undefined;

type Parser = (text: string) => Cell | undefined;

/**
 * Null where the reading says nothing about columns of the type: the usual way is a faster one. `onCut`
 * hears of every datetime that loses what it says beyond microseconds.
 */
export const cellReader = (
  reading: Reading,
  type: ColumnType,
  onCut: () => void = () => {},
): CellReader | null => {
  if (!concerns(reading, type)) return null;
  const { trim = false, null_values = [] } = reading;
  const nothing = new Set(null_values);
  const parse = parserOf(reading, type, onCut);
  return (field, quoted) => {
    const text = trim || type !== "string" ? field.trim() : field;
    if (nothing.has(text) || nothing.has(field)) return null;
    const empty = trim ? text === "" : field === "";
    if (empty && !(quoted && type === "string")) return null;
    return parse(text);
  };
};

/** Why a cell does not fit, without the cell: as `misfit` says it, with what the reading expects. */
export const misfitUnder = (reading: Reading, type: ColumnType): string => {
  switch (type) {
    case "string":
      return misfit(type);
    case "int":
    case "float":
    case "decimal":
      return `${misfit(type)}${numberForm(reading, type)}`;
    case "boolean":
      return reading.true_values === undefined
        ? misfit(type)
        : "not a boolean: none of true_values and false_values";
    case "date":
      return reading.date_format === undefined
        ? misfit(type)
        : `not a date: ${reading.date_format}`;
    case "datetime": {
      const { datetime_format, time_zone } = reading;
      const expected = datetime_format ? `not a datetime: ${datetime_format}` : misfit(type);
      return time_zone === undefined ? expected : `${expected}, a time that ${time_zone} had`;
    }
    default:
      return assertNever(type);
  }
};

const numberForm = (
  { decimal_separator: point = ".", thousands_separator: mark }: Reading,
  type: "int" | "float" | "decimal",
): string => {
  const hasPoint = type !== "int" && (mark !== undefined || point === ",");
  const parts = [
    ...(mark === undefined ? [] : [`"${mark}" between thousands`]),
    ...(hasPoint ? [`"${point}" before the fraction`] : []),
  ];
  return parts.length === 0 ? "" : `, with ${parts.join(" and ")}`;
};

const parserOf = (reading: Reading, type: ColumnType, onCut: () => void): Parser => {
  switch (type) {
    case "string":
      return (text) => parseText(text, type);
    case "int":
    case "float":
    case "decimal": {
      const plain = plainNumber(reading, type);
      return (text) => {
        const number = plain(text);
        return number === undefined ? undefined : parseText(number, type);
      };
    }
    case "boolean":
      return booleans(reading);
    case "date":
      return dates(reading);
    case "datetime":
      return datetimes(reading, onCut);
    default:
      return assertNever(type);
  }
};

/** The number as Lethe spells it; undefined when it is spelt in no way the reading knows. */
const plainNumber = (
  { decimal_separator: point = ".", thousands_separator: mark }: Reading,
  type: "int" | "float" | "decimal",
): ((text: string) => string | undefined) => {
  if (mark === undefined && (type === "int" || point === ".")) return (text) => text;
  const grouped = mark === undefined ? "" : `|\\d{1,3}(?:${escaped(mark)}\\d{3})+`;
  const fraction = type === "int" ? "" : `(?:${escaped(point)}(\\d*))?`;
  const exponent = type === "float" ? "([eE][+-]?\\d+)?" : "";
  const pattern = new RegExp(`^([+-]?)(\\d*${grouped})${fraction}${exponent}$`);
  return (text) => {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    const [, sign = "", whole = "", digits, power = ""] = match;
    const plain = mark === undefined ? whole : whole.replaceAll(mark, "");
    return `${sign}${plain}${digits === undefined ? "" : `.${digits}`}${power}`;
  };
};

const escaped = (mark: string): string => (mark === "." ? "\\." : mark);

const booleans = ({ true_values, false_values }: Reading): Parser => {
  if (true_values === undefined) return (text) => parseText(text, "boolean");
  const yes = new Set(true_values.map(folded));
  const no = new Set(false_values?.map(folded));
  return (text) => {
    const value = folded(text);
    return yes.has(value) ? true : no.has(value) ? false : undefined;
  };
};

const dates = ({ date_format: format }: Reading): Parser => {
  if (format === undefined) return parseDate;
  const fieldsOf = timeFields(format, "date");
  return (text) => {
    const fields = fieldsOf(text);
    return fields === undefined ? undefined : parseDate(isoDate(fields));
  };
};

/** RFC 3339 with its offset, at the end. */
const WITH_OFFSET = /(?:[Zz]|[+-]\d{2}:\d{2})$/;

const datetimes = ({ datetime_format: format, time_zone }: Reading, onCut: () => void): Parser => {
  const toUtc = time_zone === undefined ? undefined : utcFrom(time_zone);
  const parse = (text: string, isLocal: boolean): bigint | undefined => {
    const shown = parseDatetime(text);
    const micros = shown === undefined || !isLocal || toUtc === undefined ? shown : toUtc(shown);
    if (micros !== undefined && saysMore(text)) onCut();
    return micros;
  };
  if (format === undefined) return (text) => parse(text, !WITH_OFFSET.test(text));
  const fieldsOf = timeFields(format, "datetime");
  return (text) => {
    const fields = fieldsOf(text);
    if (fields === undefined) return undefined;
    const { hour = "", minute = "", second = "00", fraction } = fields;
    const time = `${two(hour)}:${minute}:${second}${fraction === undefined ? "" : `.${fraction}`}`;
    return parse(`${isoDate(fields)}T${time}`, true);
  };
};

type Fields = Partial<Record<TimeField, string>>;

const timeFields = (format: string, kind: "date" | "datetime") => {
  const parsed = parseTimeFormat(format, kind);
  invariant(parsed.ok, "a format was parsed before it was recorded");
  const { pattern, fields } = parsed.value;
  return (text: string): Fields | undefined => {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    return Object.fromEntries(fields.map((field, at) => [field, match[at + 1] ?? ""]));
  };
};

const two = (digits: string): string => digits.padStart(2, "0");

const isoDate = ({ year = "", month = "", day = "" }: Fields): string =>
  `${year}-${two(month)}-${two(day)}`;
