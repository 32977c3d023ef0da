/**
 * What is said of input that does not fit its schema, where the schema itself says nothing: how it
 * has to be, as part of a sentence that begins with its place. What was sent is never repeated, for
 * it may be anybody's; only the name of a member that nobody knows is, for else it is not found.
 */
import type { z } from "zod";

type RawIssue = z.core.$ZodRawIssue;

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
  null: "null",
};

const FORMATS: Readonly<Record<string, string>> = {
  datetime: "a time with its offset (RFC 3339), such as 2026-11-23T12:00:00Z",
  date: "a date, such as 2026-11-23",
  url: "a URL",
  email: "an e-mail address",
  uuid: "a UUID",
  base64: "base64",
};

/** Names of members that are told; of more it is told how many there are. */
const MOST_NAMES = 5;
/** Longer names are cut, in characters. */
const MAX_NAME_SHOWN = 64;

/** Bounds of a text and of a list are numbers of what they have. */
const COUNTED: Readonly<Record<string, readonly [one: string, many: string]>> = {
  string: ["character", "characters"],
  array: ["entry", "entries"],
};

/** `and` or `or` before the last one. */
const listed = (words: readonly string[], last: string): string =>
  words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1) ?? ""}`;

const counted = (n: number | bigint, [one, many]: readonly [string, string]): string =>
  `${n} ${Number(n) === 1 ? one : many}`;

type Bound = "origin" | "inclusive" | "exact";

const tooSmall = ({
  origin,
  minimum,
  inclusive,
  exact,
}: Pick<z.core.$ZodIssueTooSmall, Bound | "minimum">): string => {
  const unit = COUNTED[origin];
  if (unit === undefined) return `must be ${inclusive ? "at least" : "more than"} ${minimum}`;
  if (exact) return `must have exactly ${counted(minimum, unit)}`;
  return Number(minimum) === 1
    ? "must not be empty"
    : `must have at least ${counted(minimum, unit)}`;
};

const tooBig = ({
  origin,
  maximum,
  inclusive,
  exact,
}: Pick<z.core.$ZodIssueTooBig, Bound | "maximum">): string => {
  const unit = COUNTED[origin];
  if (unit === undefined) return `must be ${inclusive ? "at most" : "less than"} ${maximum}`;
  return `must have ${exact ? "exactly" : "at most"} ${counted(maximum, unit)}`;
};

const shown = (name: string): string => {
  const characters = [...name];
  const cut = characters.length > MAX_NAME_SHOWN;
  return JSON.stringify(cut ? `${characters.slice(0, MAX_NAME_SHOWN).join("")}…` : name);
};

const unknownMembers = (keys: readonly string[]): string => {
  const named = keys.slice(0, MOST_NAMES).map(shown);
  const rest = keys.length - named.length;
  return `must not have ${listed(rest > 0 ? [...named, `${rest} more`] : named, "and")}`;
};

/** What is not there is missing, whatever it would have to be; a body as a whole has no name. */
const isMissing = ({ input, path }: RawIssue): boolean =>
  input === undefined && (path?.length ?? 0) > 0;

/** The error map of whatever is read off the wire. */
export const sentence = (issue: RawIssue): string => {
  switch (issue.code) {
    case "invalid_type":
      if (isMissing(issue)) return "is missing";
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      if (isMissing(issue)) return "is missing";
      return `must be ${listed(issue.values.map(String), "or")}`;
    case "too_small":
      return tooSmall(issue);
    case "too_big":
      return tooBig(issue);
    case "unrecognized_keys":
      return unknownMembers(issue.keys);
    case "invalid_format":
      return `must be ${FORMATS[issue.format] ?? `of the format ${issue.format}`}`;
    case "not_multiple_of":
      return `must be a multiple of ${issue.divisor}`;
    case "invalid_key":
      return `its name ${listed(
        (issue.issues ?? []).map(({ message }) => message),
        "and",
      )}`;
    case "invalid_union":
      return isMissing(issue) ? "is missing" : "has none of the forms that it may have";
    default:
      return "is not valid";
  }
};
