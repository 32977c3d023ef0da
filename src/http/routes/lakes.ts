/** The lake: creation, compliance level, report. */
import { z } from "zod";
import { isAdministrator } from "../../application/admission.ts";
import { admitCreation } from "../../application/creation.ts";
import type { Call } from "../../application/lakeGateway.ts";
import { changeLocality } from "../../contracts/amendments.ts";
import { commandAnswer as answerSchema, anything, resource } from "../../contracts/answers.ts";
import { changeComplianceLevel, createLake } from "../../contracts/bodies.ts";
import { page } from "../../contracts/fields.ts";
import { pageOf } from "../../contracts/reports.ts";
import { ok } from "../../domain/decider.ts";
import type { LakeId } from "../../domain/ids.ts";
import { placementOf } from "../../domain/residency.ts";
import { route, type Services, stateAnswer } from "../route.ts";
import { command, none, refuseBoth, whenOf, whenQuery } from "./shared.ts";

const lake = resource("DataLake");

/** The same Idempotency-Key names the same new lake: asked for twice, there is one. */
const idOfNewLake = async ({ actor, idempotency }: Call, services: Services): Promise<LakeId> => {
  if (idempotency === null) return services.newId() as LakeId;
  const named = new TextEncoder().encode(`lake of ${actor}: ${idempotency.key}`);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", named));
  return [...digest.subarray(0, 16)]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("") as LakeId;
};

export const lakeRoutes = [
  route({
    method: "post",
    path: "/lakes",
    scope: "platform",
    tag: "Lakes",
    summary: "Create a lake",
    params: none,
    query: none,
    body: createLake,
    success: { status: 201, schema: answerSchema("DataLakeAnswer", { lake }) },
    handle: async ({ body, call, services }) => {
      const lake_id = body.lake_id ?? (await idOfNewLake(call, services));
      const placement = placementOf(body.region);
      if (placement === null) throw new Error("the body's region has been checked");
      const owner_id = body.owner_id ?? call.actor;
      const request = { type: "CreateDataLake", ...body, lake_id, owner_id } as const;
      const admitted = admitCreation(call.caller, request);
      if (!admitted.ok) return admitted;
      const reserved = await services.reserve(lake_id, placement);
      if (!reserved.ok) return reserved;
      const own = {
        services: { ...services, ...reserved.value },
        call: { ...call, lake_id, is_default: false },
      };
      const answer = await command(own, request);
      // So that the list of lakes, which the reports hold, shows it to whoever asks next.
      if (answer.ok && answer.value.status === 201) await services.settle(lake_id);
      return answer;
    },
  }),
  route({
    method: "get",
    path: "/lakes",
    scope: "platform",
    tag: "Lakes",
    summary: "Your lakes; to administrators all (from the reports, which follow within moments)",
    params: none,
    query: z.strictObject(page),
    body: null,
    success: { status: 200, schema: pageOf("DataLakes", anything) },
    handle: async ({ query: { limit, cursor = null }, services: { reports }, call }) => {
      const member = isAdministrator(call.caller) ? null : call.actor;
      const rebuilding = await reports.rebuilding(member);
      const lakes = await reports.lakes({ limit, cursor, member });
      return ok({ status: 200, body: { ...lakes, rebuilding } });
    },
  }),
  route({
    method: "get",
    conditional: true,
    path: "",
    scope: "lake",
    tag: "Lakes",
    summary: "A lake, now or at a time in the past",
    params: none,
    query: whenQuery,
    body: null,
    success: { status: 200, schema: lake },
    handle: async ({ query, ...deps }) =>
      refuseBoth(query) ?? stateAnswer(deps, { kind: "lake", when: whenOf(query) }),
  }),
  route({
    method: "post",
    path: "/compliance-level",
    scope: "lake",
    tag: "Lakes",
    summary: "Raise the compliance level",
    params: none,
    query: none,
    body: changeComplianceLevel,
    success: { status: 200, schema: answerSchema("ComplianceLevelAnswer", { lake }) },
    handle: ({ body, ...deps }) => command(deps, { type: "ChangeComplianceLevel", ...body }),
  }),
  route({
    method: "post",
    path: "/locality",
    scope: "lake",
    tag: "Lakes",
    summary:
      "Say in which country the controller is, and by which clock: deadlines to come count by it",
    params: none,
    query: none,
    body: changeLocality,
    success: { status: 200, schema: answerSchema("LocalityAnswer", { lake }) },
    handle: ({ body, ...deps }) => command(deps, { type: "ChangeLakeLocality", ...body }),
  }),
  route({
    method: "get",
    path: "/report",
    scope: "lake",
    tag: "Lakes",
    summary: "The lake's compliance report, now or at a time in the past",
    params: none,
    query: whenQuery,
    body: null,
    success: { status: 200, schema: resource("ComplianceReport") },
    handle: async ({ query, ...deps }) =>
      refuseBoth(query) ?? stateAnswer(deps, { kind: "report", when: whenOf(query) }),
  }),
];
