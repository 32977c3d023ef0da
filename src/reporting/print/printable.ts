/**
 * The frame of every printable report: one file that needs neither network nor script, with its
 * own policy in it, so that it is as harmless saved to a disk as it is when Lethe serves it.
 */
import { many } from "./figures.ts";
import { type Html, html, type Part } from "./html.ts";
import { pageStyle } from "./style.ts";

/** A report as a text to hand out or to keep. */
export interface ReportDocument {
  /** Without folders. */
  readonly filename: string;
  readonly media_type: string;
  readonly text: string;
}

export const PAGE_TYPE = "text/html; charset=utf-8";

export interface Printable {
  readonly filename: string;
  /** Of the window and of a file made of it. */
  readonly title: string;
  readonly body: Html;
}

export const printable = ({ filename, title, body }: Printable): ReportDocument => {
  const { css, policy } = pageStyle(`Lethe. ${title}`);
  const head = html`<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="Lethe">
<title>${title}</title>
`;
  return {
    filename,
    media_type: PAGE_TYPE,
    // The style sheet is Lethe's own text, and hashed as it stands.
    text: `<!doctype html>\n<html lang="en">\n${head.text}<style>${css}</style>\n</head>\n<body>\n${body.text}\n</body>\n</html>\n`,
  };
};

export interface Column<Row> {
  readonly name: string;
  /** Numbers stand at the right. */
  readonly number?: boolean;
  readonly of: (row: Row) => Part;
}

export interface TableMore {
  readonly id?: string;
  /** Of classes in the style sheet. */
  readonly look?: string;
  readonly total?: readonly Part[];
}

/** A table of no more rows stands on one page. */
const MAX_WHOLE_ROWS = 14;

/** A table whose first column names its rows. */
export const table = <Row>(
  caption: Part,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  more: TableMore = {},
): Html => html`<div class="table${rows.length > MAX_WHOLE_ROWS ? "" : " whole"}"><table${more.id === undefined ? null : html` id="${more.id}"`}${more.look === undefined ? null : html` class="${more.look}"`}>
<caption>${caption}</caption>
<thead><tr>${columns.map(({ name, number }) => html`<th scope="col"${number ? RIGHT : null}>${name}</th>`)}</tr></thead>
<tbody>
${rows.map((row) => html`<tr>${columns.map(({ of, number }, at) => cell(of(row), at === 0, number))}</tr>\n`)}</tbody>
${more.total === undefined ? null : html`<tfoot><tr>${more.total.map((part, at) => cell(part, at === 0, columns[at]?.number))}</tr></tfoot>\n`}</table></div>`;

const RIGHT = html` class="n"`;

const cell = (value: Part, heads: boolean, number: boolean | undefined): Html =>
  heads
    ? html`<th scope="row"${number ? RIGHT : null}>${value}</th>`
    : html`<td${number ? RIGHT : null}>${value}</td>`;

/** A chart over a line that says what it shows; `figures` is the id of its table. */
export const figure = (chart: Html, caption: string, figures: string): Html => html`<figure>
${chart}
<figcaption>${caption} <a href="#${figures}">Figures</a></figcaption>
</figure>`;

/** What is on the cover, as pairs of a name and a value. */
export const about = (pairs: readonly (readonly [string, Part])[]): Html =>
  html`<dl class="about">${pairs.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;

export interface Fact {
  readonly name: string;
  readonly value: Part;
  readonly more: Part;
  /** It asks for attention. */
  readonly alert?: boolean;
}

export const facts = (each: readonly Fact[]): Html =>
  html`<dl class="facts">${each.map(({ name, value, more, alert }) => html`<div${alert ? html` class="alert"` : null}><dt>${name}</dt><dd>${value}</dd><dd class="more">${more}</dd></div>`)}</dl>`;

export const note = (text: Part, alert = false): Html =>
  html`<p class="note${alert ? " alert" : ""}">${text}</p>`;

/** That something is missing, where lakes are told anew to the reports. */
export const lacking = (rebuilding: { readonly lakes: number } | undefined): Html | null =>
  rebuilding === undefined || rebuilding.lakes === 0
    ? null
    : note(
        `The reports on ${many(rebuilding.lakes, "lake")} are being made anew: figures of ${rebuilding.lakes === 1 ? "it" : "them"} are incomplete here. Ask again in a while.`,
        true,
      );

/** Where those who answer for the document sign it. */
export const signatures = (names: readonly string[]): Html =>
  html`<div class="signed">${names.map((name) => html`<p>${name}</p>`)}</div>`;
