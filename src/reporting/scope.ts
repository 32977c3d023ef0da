/**
 * Whose lakes a report shows, and the statements of one list for each answer: everybody's, one
 * lake's, or those in which somebody is owner, privacy officer or auditor. What a caller may not see
 * is left out by the statement itself, through the index `members_watching`: it is in no row, no
 * count and no cursor.
 */
import { type Key, type PageRequest, pageSize } from "./page.ts";
import { type Statement, statement, type Values } from "./statement.ts";

export interface Scope {
  /** Only lakes that this person watches; null: all. */
  readonly member: string | null;
  /** Of these, only this one. */
  readonly lake_id?: string | undefined;
}

/** One statement for each kind of scope. */
export interface Scoped {
  readonly all: Statement;
  readonly lake: Statement;
  readonly member: Statement;
}

/** The only place that decides which statement a caller's report is made with. */
export const inScope = (scoped: Scoped, { member, lake_id }: Scope): Statement =>
  member !== null ? scoped.member : lake_id === undefined ? scoped.all : scoped.lake;

export const scopeValues = ({ member, lake_id }: Scope): Values => ({
  member,
  lake_id: lake_id ?? null,
});

/** Rows of `members` that a statement of the kind `member` begins with. */
export const WATCHED = `members.subject = :member AND members.watches = 1
      AND (:lake_id IS NULL OR members.lake_id = :lake_id)`;

/** A list by key, a page at a time. */
export interface ListSpec {
  readonly table: string;
  readonly columns: readonly string[];
  /** Which rows; word for word the condition of the index, where that is a partial one. */
  readonly where: string;
  /**
   * The order, a time or a day first and `lake_id` in it: an index has it, another one has it behind
   * `lake_id`.
   */
  readonly key: readonly [first: string, ...string[]];
  /** Rows that one statement gives at most: `:limit`, unless said. */
  readonly limit?: string;
}

/** Greater than every time and every day. */
const NEVER = "'~'";

/**
 * Of all lakes and of one, the rows of a page are one range of an index, in its order. Of a member's
 * lakes each gives its own first rows, up to the time of the last one that the page could take, and
 * these are sorted together: the cost is that of so many pages, not of what the lakes hold.
 */
export const scopedSql = (spec: ListSpec): Readonly<Record<keyof Scoped, string>> => {
  const { table, where, key, limit = "CAST(:limit AS INTEGER)" } = spec;
  const of = (columns: readonly string[]) =>
    columns.map((column) => (isName(column) ? `${table}.${column}` : column)).join(", ");
  const startOf = (columns: readonly string[]) =>
    columns.map((column) => `:after_${column}`).join(", ");
  const select = `SELECT ${of(spec.columns)}`;
  const [whole, start] = [of(key), startOf(key)];
  const within = key.filter((column) => column !== "lake_id");
  const [order, first] = [of(within), of(key.slice(0, 1))];
  return {
    all: `
    ${select} FROM ${table}
    WHERE ${where} AND (${whole}) > (${start})
    ORDER BY ${whole} LIMIT ${limit}`,
    lake: `
    ${select} FROM ${table}
    WHERE ${table}.lake_id = :lake_id AND ${where} AND (${order}) > (${startOf(within)})
    ORDER BY ${order} LIMIT ${limit}`,
    member: `
    ${select} FROM members CROSS JOIN ${table}
      ON ${table}.lake_id = members.lake_id AND ${where}
        AND ${first} >= :after_${key[0]} AND ${first} <= coalesce((
          SELECT ${first} FROM ${table}
          WHERE ${table}.lake_id = members.lake_id AND ${where} AND (${whole}) > (${start})
          ORDER BY ${order} LIMIT 1 OFFSET ${limit} - 1), ${NEVER})
        AND (${whole}) > (${start})
    WHERE ${WATCHED}
    ORDER BY ${whole} LIMIT ${limit}`,
  };
};

const isName = (column: string): boolean => /^[a-z_]+$/.test(column);

/** The statements of three texts, one for each kind of scope. */
export const scoped = (name: string, sql: ReturnType<typeof scopedSql>): Scoped => ({
  all: statement(`${name}.all`, sql.all),
  lake: statement(`${name}.lake`, sql.lake),
  member: statement(`${name}.member`, sql.member),
});

export const scopedList = (name: string, spec: ListSpec): Scoped => scoped(name, scopedSql(spec));

/** What every list is told: one row more than the page takes, and where it begins. */
export const listValues = (
  key: readonly string[],
  start: Key,
  { limit }: Pick<PageRequest, "limit">,
  scope: Scope,
): Values => ({
  ...scopeValues(scope),
  limit: pageSize(limit) + 1,
  ...Object.fromEntries(key.map((column, index) => [`after_${column}`, start[index] ?? ""])),
});
