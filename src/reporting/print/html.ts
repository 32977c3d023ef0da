/**
 * HTML and SVG as values: whatever is put into a template is escaped, unless it is such a value
 * itself. There is no way to put text in as markup, so a report shows what people named their lakes
 * and never runs it.
 */

/** Markup that only `html` makes. */
export class Html {
  readonly text: string;

  constructor(parts: TemplateStringsArray, values: readonly Part[]) {
    this.text = parts.reduce((text, part, index) => text + written(values[index - 1] ?? "") + part);
  }
}

/** Null and the empty text are nothing. */
export type Part = Html | string | number | null | readonly Part[];

/**
 * A template of markup: stands for element content and for attributes in double quotes. No value
 * belongs into a tag's name, an attribute without quotes or a style.
 */
export const html = (parts: TemplateStringsArray, ...values: readonly Part[]): Html =>
  new Html(parts, values);

const written = (part: Part): string => {
  if (part instanceof Html) return part.text;
  if (typeof part === "object" && part !== null) return part.map(written).join("");
  return escaped(part === null ? "" : String(part));
};

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Control characters have no place in HTML, and a lone surrogate none in UTF-8: both show. */
const escaped = (text: string): string =>
  text
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, "\ufffd")
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");

/** A name that people gave: its own direction of writing cannot turn what stands around it. */
export const named = (text: string): Html => html`<bdi>${text}</bdi>`;
