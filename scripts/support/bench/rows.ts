/** Rows a command writes, as the platform bills them: a row of a table, and one of each index. */
import { COUNTS_PATH } from "./countingLake.ts";
import { open, requestBytes } from "./http.ts";
import { audit, createLake } from "./lakes.ts";
import { load } from "./load.ts";
import { type Place, start } from "./runtime.ts";

const LAKE = "rows";
const COMMANDS = 1_000;

/** As the module around the bundle tells them. */
export interface Counts {
  readonly statements: number;
  readonly rows: Readonly<Record<string, number>>;
  readonly d1: number;
  readonly d1_batches: number;
  readonly d1_ms: number;
  /** Of the largest batch. */
  readonly d1_statements: number;
  readonly alarms: number;
}

export interface RowCount {
  readonly concurrency: number;
  /** All of these per command. */
  readonly statements: number;
  readonly lake: number;
  readonly byTable: readonly { readonly table: string; readonly rows: number }[];
  readonly alarms: number;
  readonly d1: number;
  readonly deliveries: number;
}

export const countRows = async (place: Place): Promise<readonly RowCount[]> => {
  const runtime = await start(place, { counting: true });
  try {
    const { lethe } = runtime;
    await createLake(lethe, LAKE);
    const counted: RowCount[] = [];
    for (const concurrency of [1, 32]) {
      await load(audit(lethe, LAKE), concurrency, { requests: 200 });
      await counts(lethe, LAKE);
      await load(audit(lethe, LAKE), concurrency, { requests: COMMANDS });
      counted.push(perCommand(concurrency, await counts(lethe, LAKE)));
    }
    return counted;
  } finally {
    await runtime.stop();
  }
};

/** What has been counted since the last time, once everything is delivered. */
export const counts = async (url: URL, lake: string): Promise<Counts> => {
  const connection = await open(url);
  try {
    const { text } = await connection.send(requestBytes(url, "POST", `${COUNTS_PATH}${lake}`));
    return JSON.parse(text) as Counts;
  } finally {
    connection.close();
  }
};

const perCommand = (concurrency: number, { rows, ...rest }: Counts): RowCount => {
  const byTable = Object.entries(rows)
    .map(([table, n]) => ({ table, rows: n / COMMANDS }))
    .sort((a, b) => b.rows - a.rows);
  return {
    concurrency,
    statements: rest.statements / COMMANDS,
    lake: byTable.reduce((sum, table) => sum + table.rows, 0) + rest.alarms / COMMANDS,
    byTable,
    alarms: rest.alarms / COMMANDS,
    d1: rest.d1 / COMMANDS,
    deliveries: rest.d1_batches / COMMANDS,
  };
};

const fixed = (value: number) => value.toFixed(value < 1 && value > 0 ? 3 : 2);

/** One sentence a concurrency. */
export const rowsText = (counted: readonly RowCount[]): string =>
  counted
    .map(({ concurrency, lake, byTable, alarms, d1, statements, deliveries }) => {
      const tables = byTable.map(({ table, rows }) => `${table} ${fixed(rows)}`).join(", ");
      return (
        `rows written per command, c=${concurrency}: ${fixed(lake)} in the lake ` +
        `(${tables}, alarms ${fixed(alarms)}), ${fixed(d1)} in D1 ` +
        `(${fixed(deliveries)} deliveries); ${fixed(statements)} SQL statements in the lake`
      );
    })
    .join("\n");
