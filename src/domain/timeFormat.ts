/**
 * The small language in which a contract says how dates and times are written: `DD.MM.YYYY`,
 * `D/M/YYYY H:mm`. Years have four digits, for two do not say their century; months are numbers.
 */
import { err, ok, type Result } from "./decider.ts";

/** Longest format. */
export const MAX_FORMAT_CHARS = 40;

export type TimeField = "year" | "month" | "day" | "hour" | "minute" | "second" | "fraction";

/** How a text of the format is taken apart: whole, a group of digits a field. */
export interface TimeFormat {
  readonly pattern: RegExp;
  /** The field of each group, in order. */
  readonly fields: readonly TimeField[];
}

const TOKENS: Readonly<Record<string, readonly [field: TimeField, digits: string]>> = {
  YYYY: ["year", "\\d{4}"],
  MM: ["month", "\\d{2}"],
  M: ["month", "\\d{1,2}"],
  DD: ["day", "\\d{2}"],
  D: ["day", "\\d{1,2}"],
  HH: ["hour", "\\d{2}"],
  H: ["hour", "\\d{1,2}"],
  mm: ["minute", "\\d{2}"],
  ss: ["second", "\\d{2}"],
  SSS: ["fraction", "\\d{1,9}"],
};

const TOKEN = /YYYY|MM?|DD?|HH?|mm|ss|SSS|[ .,:;/_'T-]/y;

/** Tokens that stand for a number of digits that only what follows can tell. */
const OPEN = ["M", "D", "H", "SSS"];

const OF_DATE: readonly TimeField[] = ["year", "month", "day"];
const OF_DATETIME: readonly TimeField[] = [...OF_DATE, "hour", "minute"];

export const FORMAT_HELP =
  "YYYY, MM or M, DD or D; with a time also HH or H, mm, ss, SSS (a fraction of a second); between " +
  "them blanks, T and . , : ; / - _ '";

/** A format of dates, or of dates with times, or why it is none. */
export const parseTimeFormat = (
  format: string,
  kind: "date" | "datetime",
): Result<TimeFormat, string> => {
  if (/YY/.test(format) && !/YYYY/.test(format)) {
    return err("needs the year as YYYY: two digits do not say the century");
  }
  const fields: TimeField[] = [];
  let pattern = "";
  let open = false;
  for (TOKEN.lastIndex = 0; TOKEN.lastIndex < format.length; ) {
    const token = TOKEN.exec(format)?.[0];
    if (token === undefined) return err(`may have only ${FORMAT_HELP}`);
    const [field, digits] = TOKENS[token] ?? [];
    if (field === undefined || digits === undefined) {
      pattern += token === "." || token === "/" || token === "-" ? `\\${token}` : token;
      open = false;
      continue;
    }
    if (open) return err("needs something between a number of one or two digits and the next one");
    if (fields.includes(field)) return err(`names the ${field} twice`);
    fields.push(field);
    pattern += `(${digits})`;
    open = OPEN.includes(token);
  }
  const wanted = kind === "date" ? OF_DATE : OF_DATETIME;
  const missing = wanted.find((field) => !fields.includes(field));
  if (missing !== undefined) return err(`does not say where the ${missing} stands`);
  if (kind === "date" && fields.length > wanted.length)
    return err("is one of dates, without a time");
  if (fields.includes("fraction") && !fields.includes("second")) {
    return err("has a fraction of a second without the second");
  }
  return ok({ pattern: new RegExp(`^${pattern}$`), fields });
};
