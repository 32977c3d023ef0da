/** What whoever runs Lethe does across lakes. */
import { z } from "zod";
import type { Call } from "../../application/lakeGateway.ts";
import { resource } from "../../contracts/answers.ts";
import { reapplyErasures } from "../../contracts/bodies.ts";
import { lakeId } from "../../contracts/fields.ts";
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

/** What was done in one lake. */
const reapplied = async (
  { services, call }: Deps,
  lake_id: string,
): Promise<Result<object, Rejection>> => {
  const about = { ...call, lake_id, is_default: false };
  const reply = await services.gateway.ask(about, { kind: "reapply_erasures" });
  if (!reply.ok) return reply;
  if (reply.value.kind !== "reapplied") throw new Error("a summary was asked for");
  return ok({ lake_id, ...reply.value.summary });
};

/** One lake that fails does not keep the others from it. */
const page = async (deps: Deps, cursor: string | null): Handled => {
  const known = await deps.services.reports.lakes({ limit: LAKES_A_REQUEST, cursor, member: null });
  const { items, next_cursor } = listed.parse(known);
  const done: object[] = [];
  for (const { lake_id } of items) {
    const one = await reapplied(deps, lake_id);
    done.push(one.ok ? one.value : { lake_id, failed: one.error.detail });
  }
  return ok({ status: 200, body: { items: done, next_cursor } });
};

export const adminRoutes = [
  route({
    method: "post",
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
    handle: async ({ body, services, call }) => {
      const { lake_id, cursor } = body;
      if (lake_id === null) return page({ services, call }, cursor);
      const one = await reapplied({ services, call }, lake_id);
      if (!one.ok) return one;
      return ok({ status: 200, body: { items: [one.value], next_cursor: null } });
    },
  }),
];
