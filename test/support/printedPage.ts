/** What every printable report has to be, checked on its text. */
import { createHash } from "node:crypto";
import { expect } from "vitest";
import type { ReportDocument } from "../../src/reporting/print/printable.ts";
import { type Element, elementsIn, readMarkup, textOf } from "./markup.ts";

/** Loads something, runs something, or styles something around the style sheet. */
const FORBIDDEN = ["script", "link", "img", "iframe", "object", "embed", "form", "base", "image"];

/**
 * Checks that the page is well-formed, needs nothing but itself, works under its own policy and
 * can be read by somebody who does not see it. Returns its root.
 */
export const checkedPage = ({ text, media_type }: ReportDocument): Element => {
  expect(media_type).toBe("text/html; charset=utf-8");
  expect(text.startsWith("<!doctype html>\n<html lang=")).toBe(true);
  const root = readMarkup(text);
  const all = elementsIn(root);

  expect(all.filter(({ name }) => FORBIDDEN.includes(name))).toEqual([]);
  const attributes = all.flatMap((element) => Object.keys(element.attributes));
  expect(attributes.filter((name) => /^(on|style$|src)/i.test(name))).toEqual([]);
  const links = elementsIn(root, "a").map(({ attributes: { href = "" } }) => href);
  const ids = all.flatMap(({ attributes: { id } }) => id ?? []);
  expect(new Set(ids).size).toBe(ids.length);
  const anchors = new Set(ids.map((id) => `#${id}`));
  expect(links.filter((href) => !anchors.has(href))).toEqual([]);

  const [style, ...styles] = elementsIn(root, "style");
  expect(styles).toEqual([]);
  const css = style === undefined ? "" : textOf(style);
  expect(css).toMatch(/@page \{[^}]*size: A4/);
  expect(css).not.toMatch(/url\(|@import|expression|<\//);
  const hash = createHash("sha256").update(css).digest("base64");
  const policy = elementsIn(root, "meta").find(
    (meta) => meta.attributes["http-equiv"] === "Content-Security-Policy",
  );
  expect(policy?.attributes.content).toBe(
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
  );

  const headings = all.flatMap(({ name }) => /^h([1-6])$/.exec(name)?.[1] ?? []).map(Number);
  expect(headings.filter((level) => level === 1)).toHaveLength(1);
  for (const [at, level] of headings.entries()) {
    expect(level).toBeLessThanOrEqual((headings[at - 1] ?? 0) + 1);
  }
  expect(elementsIn(root, "main")).toHaveLength(1);
  for (const svg of elementsIn(root, "svg")) {
    expect(svg.attributes.role).toBe("img");
    expect(ids).toContain(svg.attributes["aria-labelledby"]);
  }
  for (const figure of elementsIn(root, "figure")) {
    const [target] = elementsIn(figure, "a").map((link) => link.attributes.href?.slice(1));
    const table = all.find((element) => element.attributes.id === target);
    expect(table?.name, `the figures of ${textOf(figure)}`).toBe("table");
  }
  for (const table of elementsIn(root, "table")) {
    expect(elementsIn(table, "caption")).toHaveLength(1);
    const heads = elementsIn(table, "th");
    expect(heads.filter(({ attributes: { scope } }) => scope === undefined)).toEqual([]);
    const widths = elementsIn(table, "tr").map(({ children }) => children.length);
    expect(new Set(widths).size).toBe(1);
  }
  return root;
};
