/**
 * What is wrong with rules a client sent: the vocabulary both rule languages complain in. Issues
 * go into the answer, never into the log, so they may quote what was sent, cut to a readable length.
 */

export interface RuleIssue {
  /** Where in the rules: a column, a column and an index, or one of its options. "" is the whole. */
  readonly path: string;
  readonly message: string;
}

const MAX_QUOTED_CHARS = 60;

/** A piece of the client's own input, safe to put into a message. */
export const quoted = (input: unknown): string => {
  const text = typeof input === "string" ? JSON.stringify(input) : kindOf(input);
  return text.length > MAX_QUOTED_CHARS ? `${text.slice(0, MAX_QUOTED_CHARS)}…` : text;
};

const kindOf = (input: unknown): string => {
  if (input === null) return "null";
  if (Array.isArray(input)) return "a list";
  if (typeof input === "number" || typeof input === "boolean") return String(input);
  return typeof input === "object" ? "an object" : `a value of type ${typeof input}`;
};

/** `a, b or c`. */
export const listed = (names: readonly string[]): string => {
  const last = names.at(-1) ?? "";
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} or ${last}` : last;
};

export type JsonObject = Readonly<Record<string, unknown>>;

export const isJsonObject = (input: unknown): input is JsonObject =>
  typeof input === "object" && input !== null && !Array.isArray(input);

/** What is null in an object is not said in it. */
export const said = (input: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null));
