/** What keeps people from using a page who cannot see it, or see it on a phone (WCAG 2.2). */
import type { Page } from "playwright-core";

/** Runs in the page, whose types are none of this project's: hence a text. */
const FAULTS = `(() => {
  const faults = [];
  const all = (selector) => [...document.querySelectorAll(selector)];
  const shown = (element) => element.checkVisibility();
  const told = (element) => element.outerHTML.slice(0, 120);
  if (document.documentElement.lang !== "en") faults.push("the page has no language");
  if (!document.title.includes(" · ")) faults.push(\`the title says nothing: \${document.title}\`);
  if (all("h1").length !== 1) faults.push(\`\${all("h1").length} first headings\`);
  if (all("main").length !== 1) faults.push("no main part, or several");
  const ids = all("[id]").map(({ id }) => id);
  for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) faults.push(\`twice \${id}\`);
  const levels = all("h1, h2, h3").map((one) => Number(one.tagName.slice(1)));
  for (const [at, level] of levels.entries()) {
    if (level > (levels[at - 1] ?? 0) + 1) faults.push("a level of headings is left out");
  }
  for (const field of all("input, select, textarea")) {
    const labelled = (field.labels?.length ?? 0) > 0 || field.ariaLabel !== null;
    if (shown(field) && !labelled) faults.push(\`no label: \${told(field)}\`);
  }
  for (const one of all("button, a[href]")) {
    const name = one.ariaLabel ?? one.textContent ?? "";
    if (shown(one) && name.trim() === "") faults.push(\`no name: \${told(one)}\`);
    const { height, width } = one.getBoundingClientRect();
    if (shown(one) && one.tagName === "BUTTON" && (height < 24 || width < 24)) {
      faults.push(\`too small to be hit: \${told(one)}\`);
    }
  }
  for (const one of all("[aria-labelledby], [aria-describedby], [aria-controls]")) {
    const named = ["aria-labelledby", "aria-describedby", "aria-controls"].flatMap(
      (name) => one.getAttribute(name)?.split(" ") ?? [],
    );
    for (const id of named) if (!ids.includes(id)) faults.push(\`points nowhere: \${told(one)}\`);
  }
  for (const one of all("table")) {
    if (one.querySelector("caption") === null) faults.push("a table without a caption");
  }
  if (document.documentElement.scrollWidth > innerWidth) {
    faults.push(\`wider than the screen: \${document.documentElement.scrollWidth}\`);
  }
  return faults;
})()`;

/** What is wrong, in words; empty when nothing is. */
export const accessFaults = (page: Page): Promise<readonly string[]> => page.evaluate(FAULTS);
