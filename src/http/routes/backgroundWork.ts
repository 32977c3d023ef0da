/** Ending what goes on in the background before its time. */
import { z } from "zod";
import { commandAnswer as answerSchema } from "../../contracts/answers.ts";
import { cancel } from "../../contracts/bodies.ts";
import { batchId, replayId } from "../../contracts/fields.ts";
import { route } from "../route.ts";
import { batchAnswer } from "./batches.ts";
import { replayState } from "./replays.ts";
import { command, none } from "./shared.ts";

export const backgroundWorkRoutes = [
  route({
    method: "post",
    path: "/batches/{id}/cancel",
    scope: "lake",
    tag: "Batches",
    summary: "Cancel what is under way on a batch in the background: it is what it was before",
    params: z.strictObject({ id: batchId }),
    query: none,
    body: cancel.optional(),
    success: { status: 200, schema: batchAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, {
        type: "CancelWork",
        batch_id: params.id,
        reason: body?.reason ?? null,
        replay_id: null,
      }),
  }),
  route({
    method: "post",
    path: "/replays/{id}/cancel",
    scope: "lake",
    tag: "Batches",
    summary: "Cancel a replay: nothing is switched, what it has derived is deleted",
    params: z.strictObject({ id: replayId }),
    query: none,
    body: cancel.optional(),
    success: {
      status: 200,
      schema: answerSchema("ReplayCancelledAnswer", { replay: replayState }),
    },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "CancelReplay", replay_id: params.id, reason: body?.reason ?? null }),
  }),
];
