/**
 * Reads the markup of a report as strictly as XML is read, but for HTML's own words: every element
 * is closed in its turn, every attribute stands in double quotes, once, and nothing is unescaped. A
 * browser would forgive all of that; a test does not.
 */

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Everything in it, in order. */
  readonly children: (Element | string)[];
}

const VOID = new Set(["meta", "link", "br", "img", "hr", "input"]);
const RAW = new Set(["style", "script"]);
const TAG = /^<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<>]*")*)\s*(\/?)>/;
const ENTITY = /&(?:amp|lt|gt|quot|#39);/g;

/** The root element. Throws an error that says where the text is wrong. */
export const readMarkup = (text: string): Element => {
  const doctype = "<!doctype html>";
  let rest = text.startsWith(doctype) ? text.slice(doctype.length) : text;
  const root: Element = { name: "", attributes: {}, children: [] };
  const open: Element[] = [root];
  while (rest !== "") {
    const parent = open.at(-1) ?? root;
    if (RAW.has(parent.name)) {
      const end = rest.indexOf(`</${parent.name}>`);
      if (end < 0) throw new Error(`<${parent.name}> does not end`);
      parent.children.push(rest.slice(0, end));
      rest = rest.slice(end + parent.name.length + 3);
      open.pop();
      continue;
    }
    if (!rest.startsWith("<")) {
      const end = rest.indexOf("<");
      const words = end < 0 ? rest : rest.slice(0, end);
      parent.children.push(unescaped(words));
      rest = rest.slice(words.length);
      continue;
    }
    const tag = TAG.exec(rest);
    if (tag === null) throw new Error(`no tag: ${rest.slice(0, 80)}`);
    rest = rest.slice(tag[0].length);
    const [, closing, name = "", attributes = "", empty] = tag;
    if (closing) {
      if (parent.name !== name) throw new Error(`</${name}> ends <${parent.name}>`);
      open.pop();
      continue;
    }
    const element: Element = { name, attributes: attributesOf(attributes), children: [] };
    parent.children.push(element);
    if (!empty && !VOID.has(name)) open.push(element);
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)?.name}> does not end`);
  const [first, ...others] = root.children.filter((child) => typeof child !== "string");
  if (first === undefined || others.length > 0) throw new Error("there is one root");
  return first;
};

const attributesOf = (text: string): Record<string, string> => {
  const attributes: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (name in attributes) throw new Error(`${name} stands twice`);
    attributes[name] = unescaped(value);
  }
  return attributes;
};

const CHARACTERS: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#39;": "'",
};

const unescaped = (text: string): string => {
  const bare = text.replaceAll(ENTITY, "");
  if (/[&<>]/.test(bare)) throw new Error(`not escaped: ${text.slice(0, 80)}`);
  return text.replaceAll(ENTITY, (entity) => CHARACTERS[entity] ?? "");
};

/** All elements of that name in it, in order; every element without one. */
export const elementsIn = (element: Element, name?: string): readonly Element[] =>
  element.children.flatMap((child) => {
    if (typeof child === "string") return [];
    const inner = elementsIn(child, name);
    return name === undefined || child.name === name ? [child, ...inner] : inner;
  });

/** What it says. */
export const textOf = (element: Element): string =>
  element.children.map((child) => (typeof child === "string" ? child : textOf(child))).join("");

/** The cells of its rows, heads and feet too. */
export const cellsOf = (table: Element): readonly (readonly string[])[] =>
  elementsIn(table, "tr").map((row) =>
    elementsIn(row)
      .filter(({ name }) => name === "th" || name === "td")
      .map(textOf),
  );
