/**
 * The statements of the reports, each under a name. There is no other way to ask D1 for a report,
 * so that the test which asks for the plan of each knows all of them.
 */
import { invariant } from "../domain/decider.ts";

/** What a statement is given, by the name it has there. */
export type Values = Readonly<Record<string, string | number | null>>;

export interface Statement {
  readonly name: string;
  /** With `?1`, `?2`, … */
  readonly sql: string;
  /** What stands for each, in order. */
  readonly parameters: readonly string[];
}

const DEFINED = new Map<string, Statement>();

/** Every statement that was defined, by name. */
export const STATEMENTS: ReadonlyMap<string, Statement> = DEFINED;

/**
 * `sql` with `:name` for each value. A number binds as REAL, so one that has to be an integer stands
 * in a CAST.
 */
export const statement = (name: string, sql: string): Statement => {
  invariant(!DEFINED.has(name), `there is one statement ${name}`);
  const parameters: string[] = [];
  const numbered = sql.replaceAll(/:([a-z][a-z0-9_]*)/g, (_, parameter: string) => {
    if (!parameters.includes(parameter)) parameters.push(parameter);
    return `?${parameters.indexOf(parameter) + 1}`;
  });
  const defined = { name, sql: numbered, parameters };
  DEFINED.set(name, defined);
  return defined;
};

/** Ready to run, with what it needs of `values`. */
export const bound = (
  db: D1Database,
  { name, sql, parameters }: Statement,
  values: Values,
): D1PreparedStatement =>
  db.prepare(sql).bind(
    ...parameters.map((parameter) => {
      const value = values[parameter];
      invariant(value !== undefined, `${name} is told :${parameter}`);
      return value;
    }),
  );

export const select = async <Row>(
  db: D1Database,
  wanted: Statement,
  values: Values,
): Promise<readonly Row[]> => (await bound(db, wanted, values).all<Row>()).results;
