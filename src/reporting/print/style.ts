/**
 * How a printable report looks, on A4 and on a screen. One style sheet, part of the document, that
 * needs nothing from anywhere. It is admitted by its hash, so nothing else in the document can
 * style it (Content Security Policy 3, section 6.7.3.3); no element has a style of its own.
 */
import { createHash } from "node:crypto";

export interface PageStyle {
  readonly css: string;
  /** To stand in the document: by whom it may be framed only a header can say. */
  readonly policy: string;
}

/** `running` stands at the foot of every printed page. */
export const pageStyle = (running: string): PageStyle => {
  const css = `${BASE}${SECTIONS}${CHARTS}${printed(cssString(running))}`;
  const hash = createHash("sha256").update(css).digest("base64");
  return {
    css,
    policy: `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
  };
};

/** Everything that is no plain letter is written as its code point: it cannot end the string. */
const cssString = (text: string): string =>
  `"${[...text.toWellFormed()]
    .map((each) => (/^[\w ,.]$/.test(each) ? each : `\\${each.codePointAt(0)?.toString(16)} `))
    .join("")}"`;

const BASE = `
:root { --ink: #1d2a33; --quiet: #55646e; --line: #c9d2d7; --faint: #f3f6f7; --deep: #17495c;
  --late: #a33a1b; --paper: #fff; }
* { box-sizing: border-box; }
html { background: #e4e9eb; color: var(--ink); -webkit-print-color-adjust: exact;
  print-color-adjust: exact; }
body { max-width: 210mm; margin: 8mm auto; padding: 18mm 18mm 16mm; background: var(--paper);
  font: 10pt/1.5 "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums lining-nums; overflow-wrap: break-word; hyphens: manual; }
h1, h2, h3 { font-family: "Source Serif 4", Charter, "Bitstream Charter", Georgia, "Times New Roman",
  "Liberation Serif", serif; font-weight: 600; color: var(--deep); line-height: 1.2; }
h1 { font-size: 24pt; margin: 2mm 0 1mm; letter-spacing: -0.01em; }
h2 { font-size: 14.5pt; margin: 11mm 0 2.5mm; padding-bottom: 1.2mm;
  border-bottom: 0.35mm solid var(--deep); break-after: avoid; }
h3 { font-size: 11pt; margin: 6mm 0 1.5mm; break-after: avoid; }
p { margin: 0 0 2.5mm; max-width: 150mm; }
a { color: var(--deep); text-decoration-thickness: 0.05em; text-underline-offset: 0.15em; }
code { font: 0.92em "Source Code Pro", Consolas, "Liberation Mono", monospace; }
bdi { unicode-bidi: isolate; }
.unknown, .quiet { color: var(--quiet); }
.late { color: var(--late); font-weight: 600; }
`;

const SECTIONS = `
.kind { margin: 0; color: var(--quiet); font-size: 9pt; letter-spacing: 0.09em;
  text-transform: uppercase; }
.lead { font-size: 11.5pt; color: var(--quiet); margin-bottom: 6mm; }
.cover { border-top: 1.2mm solid var(--deep); padding-top: 5mm; }
.about { display: grid; grid-template-columns: max-content 1fr; margin: 0 0 6mm;
  border-top: 0.2mm solid var(--line); }
.about dt, .about dd { margin: 0; padding: 1.2mm 0; border-bottom: 0.2mm solid var(--line); }
.about dt { padding-right: 8mm; color: var(--quiet); }
.facts { display: grid; grid-template-columns: repeat(5, 1fr); gap: 3mm; margin: 0 0 5mm; padding: 0;
  break-inside: avoid; }
.facts div { background: var(--faint); border-top: 0.6mm solid var(--deep); padding: 3mm;
  display: flex; flex-direction: column; }
.facts .alert { border-top-color: var(--late); }
.facts dt { font-size: 8.5pt; color: var(--quiet); line-height: 1.3; order: 1; }
.facts dd { margin: 0; font: 600 19pt/1.15 "Source Serif 4", Charter, Georgia, "Liberation Serif",
  serif; color: var(--deep); }
.facts .alert dd:first-of-type { color: var(--late); }
.facts dd.more { order: 2; font: 8.5pt/1.3 inherit; font-family: inherit; font-weight: 400;
  font-size: 8.5pt; line-height: 1.3; color: var(--ink); margin-top: 1mm; }
.note { border-left: 0.8mm solid var(--line); padding: 0.5mm 0 0.5mm 3.5mm; color: var(--quiet);
  font-size: 9pt; margin: 3mm 0; max-width: none; }
.note.alert { border-left-color: var(--late); color: var(--ink); }
.table { margin: 2mm 0 5mm; }
table { width: 100%; border-collapse: collapse; font-size: 8.8pt; line-height: 1.35; }
caption { text-align: left; color: var(--quiet); font-size: 8.8pt; padding-bottom: 1.2mm;
  break-after: avoid; }
th, td { text-align: left; vertical-align: top; padding: 1mm 2.5mm 1mm 0;
  border-bottom: 0.15mm solid var(--line); }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-weight: 600; color: var(--deep); border-bottom: 0.3mm solid var(--deep);
  vertical-align: bottom; overflow-wrap: normal; }
tbody th { font-weight: 400; }
tfoot th, tfoot td { font-weight: 600; border-bottom: 0; border-top: 0.3mm solid var(--deep); }
.n { text-align: right; white-space: nowrap; }
thead .n { white-space: normal; }
.whole { break-inside: avoid; }
section > p { break-after: avoid; break-inside: avoid; }
th.n, td.n { padding-left: 2mm; }
tr { break-inside: avoid; }
thead { display: table-header-group; }
tfoot { display: table-row-group; }
.fixed { table-layout: fixed; font-size: 8.4pt; }
.fixed td, .fixed tbody th { overflow-wrap: anywhere; }
.covered th:nth-child(1) { width: 22%; }
.covered th:nth-child(2) { width: 15%; }
.covered th:last-child { width: 16%; }
.close th, .close td { padding-top: 0.5mm; padding-bottom: 0.5mm; }
.pair { columns: 2; column-gap: 10mm; }
.defs dt { font-weight: 600; margin-top: 2mm; break-after: avoid; }
.defs dd { margin: 0 0 0 0; max-width: 155mm; break-inside: avoid; }
.sources li { margin-bottom: 1mm; }
.entry { border-top: 0.3mm solid var(--deep); margin-top: 7mm; padding-top: 1mm; }
.entry dl { display: grid; grid-template-columns: 44mm 1fr; margin: 2mm 0; font-size: 9.2pt; }
.entry dt, .entry dd { margin: 0; padding: 1.2mm 0; border-bottom: 0.15mm solid var(--line);
  break-inside: avoid; }
.entry dt { padding-right: 4mm; color: var(--deep); font-weight: 600; }
.entry dt small { display: block; font-weight: 400; color: var(--quiet); font-size: 8pt; }
.entry ul { margin: 0; padding-left: 4mm; }
.missing { color: var(--late); }
.missing span { color: var(--quiet); }
.signed { display: grid; grid-template-columns: 1fr 1fr 1fr; gap: 8mm; margin-top: 14mm;
  break-inside: avoid; }
.signed p { border-top: 0.2mm solid var(--ink); padding-top: 1mm; color: var(--quiet);
  font-size: 8.5pt; }
`;

const CHARTS = `
figure { margin: 3mm 0 4mm; break-inside: avoid; }
figcaption { font-size: 8.8pt; color: var(--quiet); margin-top: 1mm; }
figcaption b { color: var(--ink); font-weight: 600; }
.chart { display: block; width: 100%; height: auto; overflow: hidden; }
.chart text { font: 10px "Source Sans 3", "Segoe UI", "Helvetica Neue", Arial, "Liberation Sans",
  sans-serif; fill: var(--quiet); }
.chart .tick { text-anchor: end; }
.chart .label { text-anchor: middle; }
.chart .row-label { text-anchor: end; font-size: 11px; fill: var(--ink); }
.chart .row-value { font-size: 11px; font-weight: 600; fill: var(--ink); }
.chart .legend { font-size: 10.5px; fill: var(--ink); }
.chart .grid { stroke: var(--line); stroke-width: 0.6; }
.chart .axis { stroke: var(--ink); stroke-width: 0.9; }
.chart .mark { stroke: var(--late); stroke-width: 1.1; stroke-dasharray: 4 2.5; }
.chart .mark-label { fill: var(--late); font-weight: 600; }
.chart .plain { fill: var(--paper); stroke: var(--deep); stroke-width: 0.8; }
.chart .solid { fill: var(--deep); }
.chart .hatched { stroke: var(--late); stroke-width: 0.8; }
.chart .hatch-ground { fill: #f6ddd4; }
.chart .hatch-line { fill: var(--late); }
`;

const printed = (running: string): string => `
@media screen and (max-width: 210mm) { body { margin: 0; padding: 8mm 5mm; }
  .facts { grid-template-columns: repeat(2, 1fr); } .table { overflow-x: auto; } }
@media print { html { background: none; } body { margin: 0; padding: 0; max-width: none;
  font-size: 9.5pt; } a { text-decoration: none; } .break { break-before: page; } }
@page { size: A4; margin: 18mm 16mm 20mm 18mm;
  @bottom-left { content: ${running}; font: 8pt Arial, "Liberation Sans", sans-serif; color: #55646e; }
  @bottom-right { content: counter(page) " / " counter(pages);
    font: 8pt Arial, "Liberation Sans", sans-serif; color: #55646e; } }
`;
