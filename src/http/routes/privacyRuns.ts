/** Routes about one privacy run: approve it, reject it, roll it back. */
import { z } from "zod";
import { approvePrivacyRun, reason } from "../../contracts/bodies.ts";
import { privacyRunId } from "../../contracts/fields.ts";
import { partsOfRun } from "../../domain/ids.ts";
import { route } from "../route.ts";
import { batchAnswer } from "./batches.ts";
import { command, none } from "./shared.ts";

const byRun = z.strictObject({ run: privacyRunId });
const success = { status: 200, schema: batchAnswer } as const;
const about = {
  method: "post",
  scope: "lake",
  tag: "Batches",
  params: byRun,
  query: none,
} as const;

const ending = (type: "RejectPrivacyRun" | "RollBackPrivacyRun", path: string, summary: string) =>
  route({
    ...about,
    path,
    summary,
    body: reason,
    success,
    handle: ({ params: { run: run_id }, body, ...deps }) =>
      command(deps, { type, batch_id: partsOfRun(run_id).batch_id, run_id, reason: body.reason }),
  });

export const privacyRunRoutes = [
  route({
    ...about,
    path: "/run-privacy/{run}/approve",
    summary: "Approve a proposed privacy run: the batch is anonymised by it",
    body: approvePrivacyRun.optional(),
    success,
    handle: ({ params: { run: run_id }, body, ...deps }) =>
      command(deps, {
        type: "ApprovePrivacyRun",
        batch_id: partsOfRun(run_id).batch_id,
        run_id,
        approver: body?.approver ?? deps.call.actor,
      }),
  }),
  ending(
    "RejectPrivacyRun",
    "/run-privacy/{run}/reject",
    "Reject or withdraw a proposed privacy run; its object is deleted",
  ),
  ending(
    "RollBackPrivacyRun",
    "/run-privacy/{run}/rollback",
    "Take a batch that is not published back to what was appended",
  ),
];
