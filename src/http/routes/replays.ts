/** Deriving a dataset's batches anew under their contract's present rules, and how far that is. */
import { z } from "zod";
import { replayDataset } from "../../application/work/replayWork.ts";
import { commandAnswer as answerSchema, list, resource } from "../../contracts/answers.ts";
import { replay } from "../../contracts/bodies.ts";
import { datasetName, page, replayId } from "../../contracts/fields.ts";
import { commandAnswer, decodeCursor, route, stateAnswer } from "../route.ts";
import { IN_BACKGROUND } from "./batches.ts";
import { listAnswer } from "./lists.ts";
import { none, refuseBoth, whenOf, whenQuery } from "./shared.ts";

export const replayState = resource("Replay");

export const replayRoutes = [
  route({
    method: "post",
    path: "/replay",
    scope: "lake",
    tag: "Batches",
    summary: "Send a dataset's batches through their contract's present rules again",
    params: none,
    query: none,
    body: replay,
    success: {
      status: 200,
      schema: answerSchema("ReplayAnswer", { replay: replayState }),
      also: IN_BACKGROUND,
    },
    handle: async ({ body, call, services }) =>
      commandAnswer(await replayDataset(services.workshop, call, body), { services, call }),
  }),
  route({
    method: "get",
    path: "/replays",
    scope: "lake",
    tag: "Batches",
    summary: "Replays in the order in which they were requested",
    params: none,
    query: z.strictObject({
      ...page,
      dataset: datasetName.optional(),
      status: z.enum(["running", "completed", "cancelled"]).optional(),
    }),
    body: null,
    success: { status: 200, schema: list("Replays") },
    handle: async ({ query, ...deps }) => {
      const after = decodeCursor(query.cursor);
      if (!after.ok) return after;
      const { limit, dataset, status } = query;
      return listAnswer(deps, {
        kind: "replay",
        limit,
        after: after.value,
        ...(dataset ? { dataset } : {}),
        ...(status ? { status } : {}),
      });
    },
  }),
  route({
    method: "get",
    conditional: true,
    path: "/replays/{id}",
    scope: "lake",
    tag: "Batches",
    summary: "How far a replay has come",
    params: z.strictObject({ id: replayId }),
    query: whenQuery,
    body: null,
    success: { status: 200, schema: replayState },
    handle: async ({ params, query, ...deps }) =>
      refuseBoth(query) ??
      stateAnswer(deps, { kind: "one", aggregate: "replay", id: params.id, when: whenOf(query) }),
  }),
];
