/** What whoever runs Lethe does across lakes. */
import { z } from "zod";
import type { Wrapping } from "../../application/keyRotation.ts";
import type { Call } from "../../application/lakeGateway.ts";
import { reapplyErasures, rebuildReports, rewrapKeys } from "../../contracts/adminBodies.ts";
import { resource } from "../../contracts/answers.ts";
import { lakeId, page } from "../../contracts/fields.ts";
import { ok, type Result } from "../../domain/decider.ts";
import type { Rejection } from "../../domain/rejection.ts";
import { type Handled, route, type Services } from "../route.ts";
import { none } from "./shared.ts";

/** Lakes that one request looks at, when none is named. */
const LAKES_A_REQUEST = 100;

const listed = z.object({
  items: z.array(z.object({ lake_id: lakeId })),
  next_cursor: z.string().nullable(),
});

interface Deps {
  readonly services: Services;
  readonly call: Call;
}

type One<Value> = (deps: Deps, lake_id: string) => Promise<Result<Value, Rejection>>;

interface Page<Value> {
  readonly items: readonly (Value | { readonly lake_id: string; readonly failed: string })[];
  readonly next_cursor: string | null;
}

/** In each lake; one that fails does not keep the others from it. */
const inEach = async <Value>(
  deps: Deps,
  lake_ids: readonly string[],
  one: One<Value>,
): Promise<Page<Value>["items"]> => {
  const done: Page<Value>["items"][number][] = [];
  for (const lake_id of lake_ids) {
    const each = await one(deps, lake_id);
    done.push(each.ok ? each.value : { lake_id, failed: each.error.detail });
  }
  return done;
};

/** A page of all lakes that the reports know. */
const everyLake = async <Value>(
  deps: Deps,
  cursor: string | null,
  one: One<Value>,
  limit = LAKES_A_REQUEST,
): Promise<Page<Value>> => {
  const known = await deps.services.reports.lakes({ limit, cursor, member: null });
  const { items, next_cursor } = listed.parse(known);
  const lake_ids = items.map(({ lake_id }) => lake_id);
  return { items: await inEach(deps, lake_ids, one), next_cursor };
};

/** One lake that was named, or a page of all. */
const oneOrEvery = async <Value>(
  deps: Deps,
  { lake_id, cursor }: { readonly lake_id: string | null; readonly cursor: string | null },
  one: One<Value>,
): Handled => {
  if (lake_id === null) return ok({ status: 200, body: await everyLake(deps, cursor, one) });
  const done = await one(deps, lake_id);
  if (!done.ok) return done;
  return ok({ status: 200, body: { items: [done.value], next_cursor: null } });
};

const inLake = ({ call }: Deps, lake_id: string): Call => ({ ...call, lake_id, is_default: false });

/** What was done in one lake. */
const reapplied: One<object> = async (deps, lake_id) => {
  const about = inLake(deps, lake_id);
  const reply = await deps.services.gateway.ask(about, { kind: "reapply_erasures" });
  if (!reply.ok) return reply;
  if (reply.value.kind !== "reapplied") throw new Error("a summary was asked for");
  return ok({ lake_id, ...reply.value.summary });
};

const wrapping =
  (rewrap: boolean): One<Wrapping & { readonly lake_id: string }> =>
  async (deps, lake_id) => {
    const about = inLake(deps, lake_id);
    const reply = await deps.services.gateway.ask(about, { kind: "wrapping", rewrap });
    if (!reply.ok) return reply;
    if (reply.value.kind !== "wrapping") throw new Error("a key's wrapping was asked for");
    const { wrapped_under, rewrapped } = reply.value;
    return ok({ lake_id, wrapped_under, rewrapped });
  };

const rebuilding =
  (database: string | null): One<object> =>
  async (deps, lake_id) => {
    const about = inLake(deps, lake_id);
    const reply = await deps.services.gateway.ask(about, { kind: "rebuild_reports", database });
    if (!reply.ok) return reply;
    if (reply.value.kind !== "rebuilding_reports") throw new Error("a rebuild was asked for");
    return ok({ lake_id, events: reply.value.events, database: reply.value.database });
  };

export const adminRoutes = [
  route({
    method: "post",
    keyless: true,
    path: "/admin/rebuild-reports",
    scope: "platform",
    tag: "Admin",
    summary:
      "Derive the reports anew from the lakes' logs, while they work: of one lake (and move it to " +
      "the database that is named), or page by page of all that the reports or the object stores " +
      "know. Answers at once; reports say in `rebuilding` what they lack meanwhile",
    params: none,
    query: none,
    body: rebuildReports,
    success: { status: 202, schema: resource("RebuildingReports") },
    handle: async ({ body: { lake_id, limit, cursor, database }, ...deps }) => {
      if (lake_id !== null) {
        const one = await rebuilding(database)(deps, lake_id);
        if (!one.ok) return one;
        return ok({ status: 202, body: { items: [one.value], next_cursor: null } });
      }
      const page = await deps.services.knownLakes(limit ?? LAKES_A_REQUEST, cursor);
      const items = await inEach(deps, page.lake_ids, rebuilding(null));
      return ok({ status: 202, body: { items, next_cursor: page.next_cursor } });
    },
  }),
  route({
    method: "post",
    keyless: true,
    path: "/admin/reapply-erasures",
    scope: "platform",
    tag: "Admin",
    summary:
      "After a restore: erase again whom a lake had erased since, from the records in the object " +
      "store; one lake, or page by page all that the reports know",
    params: none,
    query: none,
    body: reapplyErasures,
    success: { status: 200, schema: resource("ReappliedErasures") },
    handle: ({ body, ...deps }) => oneOrEvery(deps, body, reapplied),
  }),
  route({
    method: "post",
    keyless: true,
    path: "/admin/rewrap-keys",
    scope: "platform",
    tag: "Admin",
    summary:
      "While the root secret rotates: wrap the lakes' keys under the present one, without waiting " +
      "for each to wake; one lake, or page by page all that the reports know",
    params: none,
    query: none,
    body: rewrapKeys,
    success: { status: 200, schema: resource("RewrappedKeys") },
    handle: ({ body, ...deps }) => oneOrEvery(deps, body, wrapping(true)),
  }),
  route({
    method: "get",
    path: "/admin/rewrap-keys",
    scope: "platform",
    tag: "Admin",
    summary:
      "How far the rotation of the root secret is: of a page of lakes, how many have their key " +
      "under which secret, and which do not answer. A lake that is asked wakes, and is next",
    params: none,
    query: z.strictObject({ ...page, limit: page.limit.pipe(z.int().max(LAKES_A_REQUEST)) }),
    body: null,
    success: { status: 200, schema: resource("KeyRotation") },
    handle: async ({ query: { cursor = null, limit }, ...deps }) => {
      const { items, next_cursor } = await everyLake(deps, cursor, wrapping(false), limit);
      const under = (which: Wrapping["wrapped_under"]) =>
        items.filter((each) => "wrapped_under" in each && each.wrapped_under === which).length;
      const failed = items.filter((each) => "failed" in each);
      const counts = {
        lakes: items.length,
        present: under("present"),
        previous: under("previous"),
      };
      return ok({ status: 200, body: { ...counts, failed, next_cursor } });
    },
  }),
];
