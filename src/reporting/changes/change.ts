/** What an event can change in the reports, and the words in which the tables of events say it. */
import type { LakeEvents } from "../../application/aggregates.ts";
import { monthOf } from "../../application/months.ts";
import type { CountRow, Measure, TableName, Value } from "../tables.ts";

/** Null or left out: unchanged. */
export type Columns = { readonly [column: string]: Value | undefined };

/** A change of one row, still to be combined with what stands in the table. */
export interface RowChange {
  readonly table: TableName;
  /** The values of the table's keys. */
  readonly id: readonly (string | number)[];
  /** Starts the row anew, whatever was there. */
  readonly opens: boolean;
  readonly columns: Columns;
}

export interface About {
  readonly lake_id: string;
  /** Of the aggregate within its lake. */
  readonly id: string;
  /** The dataset it is about, if any. */
  readonly dataset: string | null;
  readonly recorded_at: string;
}

type Change<Type> = (
  data: (LakeEvents & { readonly type: Type })["data"],
  about: About,
) => RowChange | readonly RowChange[] | null;

/** Some of the event types, each with what it changes. */
export type ChangesOf<Type extends LakeEvents["type"]> = {
  readonly [Each in Type]: Change<Each>;
};

/** In the log, and in no rollup. */
export const nothing = (): null => null;

export const rowOf = <Row extends Columns>(table: TableName) => ({
  opened: (id: string | RowChange["id"], columns: Row): RowChange => ({
    table,
    id: typeof id === "string" ? [id] : id,
    opens: true,
    columns,
  }),
  changed: (id: string | RowChange["id"], columns: Partial<Row>): RowChange => ({
    table,
    id: typeof id === "string" ? [id] : id,
    opens: false,
    columns,
  }),
});

const monthly = rowOf<CountRow>("monthly_counts");

/** Counts what an event adds to its month. */
export const counted = (
  { dataset, recorded_at }: About,
  counts: { readonly [Each in Measure]?: number },
): readonly RowChange[] =>
  Object.entries(counts).map(([measure, count]) =>
    monthly.changed([monthOf(recorded_at), dataset ?? "", measure], { count }),
  );
