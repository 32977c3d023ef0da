/**
 * A module around Lethe's bundle that counts the rows each statement writes, as the platform bills
 * them: the cursor's own \`rowsWritten\`, one more for every alarm set, and D1's \`rows_written\`
 * with the time its batches take;
 * and the bytes that are read from the object store. It exists here only; the server has no such
 * door.
 */

/** Path that answers (and, by POST, forgets) the counts of the lake of that name. */
export const COUNTS_PATH = "/bench-rows/";

/** Path that answers and forgets, by POST, the bytes read from the object store, by key. */
export const BYTES_PATH = "/bench-bytes";

export const COUNTING_SCRIPT = `
import worker, { LakeObject as Lake, LongWork as Work } from "./worker.js";
export * from "./worker.js";

const tableOf = (sql) =>
  /^\\s*(?:INSERT\\s+(?:OR\\s+\\w+\\s+)?INTO|UPDATE|DELETE\\s+FROM)\\s+(\\w+)/i.exec(sql)?.[1] ?? null;

const counters = new WeakMap();

const reads = new Map();
const readingBuckets = new WeakMap();
/** What is asked for counts as read, whether or not all of it is taken. */
const reading = (bucket) => {
  const made = readingBuckets.get(bucket) ?? new Proxy(bucket, {
    get(target, name) {
      if (name !== "get") {
        const member = Reflect.get(target, name);
        return typeof member === "function" ? member.bind(target) : member;
      }
      return async (key, options) => {
        const object = await target.get(key, options);
        if (object) reads.set(key, (reads.get(key) ?? 0) + (options?.range?.length ?? object.size));
        return object;
      };
    },
  });
  readingBuckets.set(bucket, made);
  return made;
};
const envs = new WeakMap();
const readingEnv = (env) => {
  const made = envs.get(env) ?? { ...env, OBJECTS: reading(env.OBJECTS) };
  envs.set(env, made);
  return made;
};

const counted = (ctx, env) => {
  const fresh = () => ({
    statements: 0, rows: {}, d1: 0, d1_batches: 0, d1_ms: 0, d1_statements: 0, alarms: 0,
  });
  const counts = fresh();
  const add = (name, n) => { if (n > 0) counts.rows[name] = (counts.rows[name] ?? 0) + n; };
  const { sql } = ctx.storage;
  const exec = sql.exec.bind(sql);
  const open = [];
  const settle = () => {
    for (const [table, cursor] of open.splice(0)) add(table, cursor.rowsWritten);
  };
  sql.exec = (text, ...values) => {
    const cursor = exec(text, ...values);
    counts.statements += 1;
    const table = tableOf(text);
    if (table) open.push([table, cursor]);
    if (open.length > 1000) settle();
    return cursor;
  };
  const setAlarm = ctx.storage.setAlarm.bind(ctx.storage);
  ctx.storage.setAlarm = (...args) => { counts.alarms += 1; return setAlarm(...args); };
  counters.set(ctx, {
    read() { settle(); return counts; },
    reset() { settle(); Object.assign(counts, fresh()); },
  });
  const REPORTS = {
    prepare: (text) => env.REPORTS.prepare(text),
    async batch(statements) {
      const begun = Date.now();
      const results = await env.REPORTS.batch(statements);
      counts.d1_ms += Date.now() - begun;
      counts.d1_batches += 1;
      counts.d1_statements = Math.max(counts.d1_statements, statements.length);
      for (const { meta } of results) counts.d1 += meta.rows_written ?? 0;
      return results;
    },
  };
  return { ...readingEnv(env), REPORTS };
};

export class LongWork extends Work {
  constructor(ctx, env) {
    super(ctx, readingEnv(env));
  }
}

export class LakeObject extends Lake {
  constructor(ctx, env) {
    super(ctx, counted(ctx, env));
  }
  async fetch(request) {
    await this.settle();
    const counter = counters.get(this.ctx);
    const text = JSON.stringify(counter.read());
    if (request.method === "POST") counter.reset();
    return new Response(text);
  }
}

export default {
  fetch(request, env, ctx) {
    const { pathname } = new URL(request.url);
    if (pathname === "${BYTES_PATH}") {
      const counted = Object.fromEntries(reads);
      reads.clear();
      return Response.json(counted);
    }
    if (!pathname.startsWith("${COUNTS_PATH}")) return worker.fetch(request, readingEnv(env), ctx);
    const id = env.LAKES.idFromName(pathname.slice(${COUNTS_PATH.length}));
    return env.LAKES.get(id).fetch(request);
  },
};
`;
