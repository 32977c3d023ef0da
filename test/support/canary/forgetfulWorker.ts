/**
 * A Worker that leaves one step of an erasure out, for the test that shows that the canary finds
 * it: which one, the lake's name says. Lethe itself is as it is; what it asks of the object store
 * and of its database is not done.
 */

import type { Env } from "../../../src/env.ts";
/**
 * A Worker that leaves one step of an erasure out, for the test that shows that the canary finds
 * it: which one, the lake's name says. Lethe itself is as it is; what it asks of the object store
 * and of its database is not done.
 */
import real, { LakeObject as RealLake, LongWork as RealWork } from "../../../src/worker.ts";
import { LEFT_OUT } from "./leftOut.ts";

const INDEX_HEAD_BYTES = 32;

/** The step that the lake of an object leaves out, if it is one of the names. */
const leftOutIn = (key: string): keyof typeof LEFT_OUT | null => {
  const [, lake = ""] = key.split("/");
  return lake in LEFT_OUT ? (lake as keyof typeof LEFT_OUT) : null;
};

const isKept = (key: string): boolean => {
  const step = leftOutIn(key);
  return step !== null && LEFT_OUT[step].keeps?.test(key) === true;
};

/** An index in which nobody is. */
const emptied = (key: string, value: unknown): unknown => {
  if (leftOutIn(key) !== "without-look-up" || !key.endsWith(".subjects")) return value;
  const bytes = Uint8Array.from(value as Uint8Array);
  return bytes.fill(0, INDEX_HEAD_BYTES);
};

const forgetfulBucket = (bucket: R2Bucket): R2Bucket =>
  overriding(bucket, {
    delete: async (keys: string | string[]) =>
      bucket.delete([keys].flat().filter((key) => !isKept(key))),
    put: (key: string, value: unknown, ...more: readonly unknown[]) =>
      (bucket.put as (...given: readonly unknown[]) => unknown)(key, emptied(key, value), ...more),
  });

/** The same object, but for these members. */
const overriding = <Value extends object>(value: Value, members: object): Value =>
  new Proxy(value, {
    get(target, name) {
      if (name in members) return Reflect.get(members, name);
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });

const known = new WeakMap<Env, Env>();

const forgetful = (env: Env): Env => {
  const made = known.get(env) ?? { ...env, OBJECTS: forgetfulBucket(env.OBJECTS) };
  known.set(env, made);
  return made;
};

/**
 * Keeps every key that it is to destroy, where the lake is that one: its log says so. And knows
 * nobody by the copies of indexes in which nobody is to be.
 */
const keepingKeys = (ctx: DurableObjectState): DurableObjectState => {
  const { sql } = ctx.storage;
  const exec = sql.exec.bind(sql);
  const isKeeper = () =>
    exec("SELECT 1 FROM events WHERE data LIKE ? OR data LIKE ?", ...KEEPERS).toArray().length > 0;
  const value = (query: string, ...values: SqlStorageValue[]) => {
    if (query.startsWith("DELETE FROM keys") && isKeeper()) return exec("SELECT 1 WHERE 0");
    const [key, object] = values;
    return query.includes("INTO subject_indexes")
      ? exec(query, String(key), emptied(String(key), object) as SqlStorageValue)
      : exec(query, ...values);
  };
  // The platform takes no other state than its own: the one member is put in its place.
  Object.defineProperty(sql, "exec", { value });
  return ctx;
};

/** What the first event of lakes says that keep their keys: what is sealed under them opens. */
const KEEPERS = ["without-key-destruction", "without-subject-access"].map(
  (lake) => `%"lake_id":"${lake}"%`,
);

export class LakeObject extends RealLake {
  constructor(ctx: DurableObjectState, env: Env) {
    super(keepingKeys(ctx), forgetful(env));
  }
}

export class LongWork extends RealWork {
  constructor(ctx: ExecutionContext, env: Env) {
    super(ctx, forgetful(env));
  }
}

export default {
  fetch: (request, env, ctx) => real.fetch(request, forgetful(env), ctx),
} satisfies ExportedHandler<Env>;
