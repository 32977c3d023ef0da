/** Names in a sentence that somebody reads: a lake may have any number of datasets. */

/** Those that are named; the others are counted. */
const MAX_NAMED = 20;

/** As in `a, b and 3 more`. */
export const someNames = (names: readonly string[]): string => {
  const more = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  return `${names.slice(0, MAX_NAMED).join(", ")}${more}`;
};
