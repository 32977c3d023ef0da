/** Datasets and contracts. */

import { z } from "zod";
import { amendDataset } from "../../contracts/amendments.ts";
import { commandAnswer as answerSchema, list, resource } from "../../contracts/answers.ts";
import {
  activateVersion,
  approveContract,
  createContract,
  ingestDataset,
  reason,
  registerDataset,
  updateContract,
} from "../../contracts/bodies.ts";
import { contractId, datasetName, page } from "../../contracts/fields.ts";
import { reject } from "../../domain/rejection.ts";
import { MAX_CONTENT_BYTES } from "../limits.ts";
import { decodeCursor, route, stateAnswer } from "../route.ts";
import { listAnswer } from "./lists.ts";
import { command, none, refuseBoth, whenOf, whenQuery } from "./shared.ts";

const dataset = resource("Dataset");
const contract = resource("DataContract");
const datasetAnswer = answerSchema("DatasetAnswer", { dataset });
const contractAnswer = answerSchema("DataContractAnswer", { contract });
const named = z.strictObject({ name: datasetName });
const contractParams = z.strictObject({ id: contractId });

export const datasetRoutes = [
  route({
    method: "post",
    path: "/datasets",
    scope: "lake",
    tag: "Datasets",
    summary: "Register a dataset",
    params: none,
    query: none,
    body: registerDataset,
    body_bytes: MAX_CONTENT_BYTES,
    success: { status: 201, schema: datasetAnswer },
    handle: ({ body, ...deps }) => command(deps, { type: "RegisterDataset", ...body }),
  }),
  route({
    method: "get",
    path: "/datasets",
    scope: "lake",
    tag: "Datasets",
    summary: "Datasets in the order in which they were registered",
    params: none,
    query: z.strictObject({ ...page, status: z.enum(["active", "deprecated"]).optional() }),
    body: null,
    success: { status: 200, schema: list("Datasets") },
    handle: async ({ query, ...deps }) => {
      const after = decodeCursor(query.cursor);
      if (!after.ok) return after;
      const { limit, status } = query;
      const filter = { kind: "dataset", limit, after: after.value } as const;
      return listAnswer(deps, status ? { ...filter, status } : filter);
    },
  }),
  route({
    method: "get",
    conditional: true,
    path: "/datasets/{name}",
    scope: "lake",
    tag: "Datasets",
    summary: "A dataset, now or at a time in the past",
    params: named,
    query: whenQuery,
    body: null,
    success: { status: 200, schema: dataset },
    handle: async ({ params, query, ...deps }) =>
      refuseBoth(query) ??
      stateAnswer(deps, {
        kind: "one",
        aggregate: "dataset",
        id: params.name,
        when: whenOf(query),
      }),
  }),
  route({
    method: "post",
    path: "/datasets/{name}/activate-version",
    scope: "lake",
    tag: "Datasets",
    summary: "Make another schema version the active one",
    params: named,
    query: none,
    body: activateVersion,
    success: { status: 200, schema: datasetAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "ActivateDatasetVersion", dataset: params.name, ...body }),
  }),
  route({
    method: "post",
    path: "/datasets/{name}/deprecate",
    scope: "lake",
    tag: "Datasets",
    summary: "Deprecate a dataset: nothing is added to it any more",
    params: named,
    query: none,
    body: null,
    success: { status: 200, schema: datasetAnswer },
    handle: ({ params, ...deps }) =>
      command(deps, { type: "DeprecateDataset", dataset: params.name }),
  }),
  route({
    method: "post",
    path: "/datasets/{name}/amend",
    scope: "lake",
    tag: "Datasets",
    summary:
      "Say otherwise what a dataset is about, that it is personal, or which column names whom",
    params: named,
    query: none,
    body: amendDataset,
    success: { status: 200, schema: datasetAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "AmendDataset", dataset: params.name, ...body }),
  }),
  route({
    method: "post",
    path: "/ingest-dataset",
    scope: "lake",
    tag: "Datasets",
    summary: "Record the ingestion of data that is held elsewhere",
    params: none,
    query: none,
    body: ingestDataset,
    success: { status: 200, schema: datasetAnswer },
    handle: ({ body, ...deps }) => command(deps, { type: "IngestDataset", ...body }),
  }),
];

export const contractRoutes = [
  route({
    method: "post",
    path: "/contracts",
    scope: "lake",
    tag: "Contracts",
    summary: "Define a data contract",
    params: none,
    query: none,
    body: createContract,
    body_bytes: MAX_CONTENT_BYTES,
    success: { status: 201, schema: contractAnswer },
    handle: ({ body, ...deps }) => command(deps, { type: "CreateContract", ...body }),
  }),
  route({
    method: "get",
    path: "/contracts",
    scope: "lake",
    tag: "Contracts",
    summary: "Contracts in the order in which they were defined",
    params: none,
    query: z.strictObject({
      ...page,
      dataset: datasetName.optional(),
      status: z.enum(["defined", "approved", "declined", "deprecated"]).optional(),
    }),
    body: null,
    success: { status: 200, schema: list("DataContracts") },
    handle: async ({ query, ...deps }) => {
      const after = decodeCursor(query.cursor);
      if (!after.ok) return after;
      const { limit, status, dataset: about } = query;
      return listAnswer(deps, {
        kind: "contract",
        limit,
        after: after.value,
        ...(status ? { status } : {}),
        ...(about ? { dataset: about } : {}),
      });
    },
  }),
  route({
    method: "get",
    conditional: true,
    path: "/contracts/{id}",
    scope: "lake",
    tag: "Contracts",
    summary: "A contract, now or at a time in the past",
    params: contractParams,
    query: whenQuery,
    body: null,
    success: { status: 200, schema: contract },
    handle: async ({ params, query, ...deps }) =>
      refuseBoth(query) ??
      stateAnswer(deps, {
        kind: "one",
        aggregate: "contract",
        id: params.id,
        when: whenOf(query),
      }),
  }),
  route({
    method: "put",
    path: "/contracts/{id}",
    scope: "lake",
    tag: "Contracts",
    summary: "Change a contract: a new version, to be approved anew",
    params: contractParams,
    query: none,
    body: updateContract,
    body_bytes: MAX_CONTENT_BYTES,
    success: { status: 200, schema: contractAnswer },
    handle: async ({ params, body, ...deps }) => {
      const { dataset: about, contract_id, ...terms } = body;
      if (contract_id !== null && contract_id !== params.id) {
        return reject("invalid", "contract-id-changed", "A contract keeps its id.", [
          { path: "contract_id", message: `must be ${params.id} or left out` },
        ]);
      }
      if (about !== null) {
        const present = await deps.services.gateway.ask(deps.call, {
          kind: "one",
          aggregate: "contract",
          id: params.id,
          when: null,
        });
        if (!present.ok) return present;
        if (present.value.kind === "one" && present.value.view.dataset !== about) {
          return reject("invalid", "contract-dataset-changed", "A contract keeps its dataset.", [
            { path: "dataset", message: `must be ${present.value.view.dataset} or left out` },
          ]);
        }
      }
      return command(deps, { type: "UpdateContract", contract_id: params.id, ...terms });
    },
  }),
  route({
    method: "post",
    path: "/contracts/{id}/approve",
    scope: "lake",
    tag: "Contracts",
    summary: "Approve a contract",
    params: contractParams,
    query: none,
    body: approveContract.optional(),
    success: { status: 200, schema: contractAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, {
        type: "ApproveContract",
        contract_id: params.id,
        approver: body?.approver ?? deps.call.actor,
      }),
  }),
  route({
    method: "post",
    path: "/contracts/{id}/decline",
    scope: "lake",
    tag: "Contracts",
    summary: "Decline a contract",
    params: contractParams,
    query: none,
    body: reason,
    success: { status: 200, schema: contractAnswer },
    handle: ({ params, body, ...deps }) =>
      command(deps, { type: "DeclineContract", contract_id: params.id, ...body }),
  }),
  route({
    method: "post",
    path: "/contracts/{id}/deprecate",
    scope: "lake",
    tag: "Contracts",
    summary: "Deprecate a contract: nothing is appended under it any more",
    params: contractParams,
    query: none,
    body: null,
    success: { status: 200, schema: contractAnswer },
    handle: ({ params, ...deps }) =>
      command(deps, { type: "DeprecateContract", contract_id: params.id }),
  }),
];
