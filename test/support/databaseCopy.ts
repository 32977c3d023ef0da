/**
 * An older copy of a lake's database, and putting it back: what the platform's point-in-time
 * recovery does, which does not run locally. Objects, reports and the platform's alarm stay.
 */
import type { Lake } from "./lakeClient.ts";

interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly SqlStorageValue[][];
}

export interface DatabaseCopy {
  /** Statements that make the tables, and those that make the rest. */
  readonly tables: readonly string[];
  readonly others: readonly string[];
  readonly contents: readonly Table[];
}

/** The platform's own tables are not the lake's. */
const OWN = "name NOT LIKE '\\_cf\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'";

export const databaseOf = (lake: Lake): Promise<DatabaseCopy> =>
  lake.inside((_, { storage: { sql } }) => {
    const made = sql
      .exec<{ type: string; name: string; sql: string }>(
        `SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND ${OWN}`,
      )
      .toArray();
    const tables = made.filter(({ type }) => type === "table");
    return {
      tables: tables.map((table) => table.sql),
      others: made.filter(({ type }) => type !== "table").map((other) => other.sql),
      contents: tables.map(({ name }) => {
        const cursor = sql.exec(`SELECT * FROM ${name}`);
        return { name, columns: cursor.columnNames, rows: [...cursor.raw()] };
      }),
    };
  });

/** The object dies with it: what it has in memory is not what its database says any more. */
export const restore = async (lake: Lake, copy: DatabaseCopy): Promise<void> => {
  const died = lake.inside(async (_, state) => {
    exchange(state.storage, copy);
    await state.storage.sync();
    state.abort("restored");
  });
  await died.catch((error: unknown) => {
    if (!String(error).includes("restored")) throw error;
  });
};

const exchange = (storage: DurableObjectStorage, copy: DatabaseCopy): void =>
  storage.transactionSync(() => {
    const { sql } = storage;
    const present = sql
      .exec<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table' AND ${OWN}`)
      .toArray();
    for (const { name } of present) sql.exec(`DROP TABLE ${name}`);
    for (const statement of copy.tables) sql.exec(statement);
    for (const { name, columns, rows } of copy.contents) {
      const places = columns.map(() => "?").join(", ");
      for (const row of rows) sql.exec(`INSERT INTO ${name} VALUES (${places})`, ...row);
    }
    for (const statement of copy.others) sql.exec(statement);
  });
