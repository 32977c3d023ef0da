/** Tables: the form in which a lake is read. On a phone each row becomes a small card. */
import type { ComponentChildren } from "preact";
import type { Listing } from "../api/pages.ts";
import { count, plural } from "../format.ts";
import { Refusal, Waiting } from "./parts.tsx";

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Figures stand at the right, one under the other. */
  readonly figures?: boolean;
}

interface TableProps<Row> {
  /** What the table is of, for those who do not see where it stands. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string | number;
  /** Said in the place of rows where there are none. */
  readonly empty: ComponentChildren;
}

export const Table = <Row,>({ caption, columns, rows, keyOf, empty }: TableProps<Row>) =>
  rows.length === 0 ? (
    <div class="empty">{empty}</div>
  ) : (
    <div class="table">
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, figures }) => (
              <th key={title} scope="col" class={figures ? "figures" : undefined}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, cell, figures }) => (
                <td key={title} data-title={title} class={figures ? "figures" : undefined}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );

type ListProps<Row> = Omit<TableProps<Row>, "rows"> & {
  readonly list: Listing<Row> & { readonly more: () => void; readonly reload: () => void };
  /** One of them, as a word. */
  readonly one: string;
  /** Several, where that is not simply an s more. */
  readonly many?: string;
};

/** A list from Lethe as a table; further pages are asked for by hand. */
export const ListTable = <Row,>({ list, one, many = `${one}s`, ...table }: ListProps<Row>) => {
  const { items, state, problem, cursor } = list;
  if (items.length === 0 && state === "loading") return <Waiting />;
  return (
    <>
      {items.length === 0 && problem !== null ? null : <Table {...table} rows={items} />}
      {problem === null ? null : (
        <Refusal problem={problem} retry={items.length === 0 ? list.reload : list.more} />
      )}
      {items.length === 0 ? null : (
        <p class="more" role="status">
          {cursor === null ? plural(items.length, one, many) : `The first ${count(items.length)}`}
          {cursor === null ? null : (
            <button type="button" onClick={list.more} disabled={state === "loading"}>
              {state === "loading" ? "Loading…" : "Show more"}
            </button>
          )}
        </p>
      )}
    </>
  );
};
