/** Tells how SQLite goes about what it is asked. */

/** Runs everything on `sql`, and notes the plan of each statement in `plans`, its steps by "; ". */
export const explainingSql = (sql: SqlStorage, plans: string[]): SqlStorage =>
  ({
    exec: (query: string, ...values: SqlStorageValue[]) => {
      const steps = sql.exec<{ detail: string }>(`EXPLAIN QUERY PLAN ${query}`, ...values);
      const details = steps.toArray().map(({ detail }) => detail);
      plans.push(details.join("; "));
      return sql.exec(query, ...values);
    },
  }) as unknown as SqlStorage;
