/** The log as a Merkle tree: signed checkpoints, leaves and proofs, for whoever wants to verify. */
import { z } from "zod";
import { writeCheckpoint } from "../../application/checkpoints.ts";
import type { Call } from "../../application/lakeGateway.ts";
import { MAX_LEAVES } from "../../application/logProofs.ts";
import type { SignedQuestion } from "../../application/prove.ts";
import { resource } from "../../contracts/answers.ts";
import { wholeNumber } from "../../contracts/fields.ts";
import { ok } from "../../domain/decider.ts";
import { once } from "../once.ts";
import { type Handled, route, type Services } from "../route.ts";
import { none } from "./shared.ts";

interface Deps {
  readonly services: Services;
  readonly call: Call;
}

const place = wholeNumber();
const TEXT = "text/plain; charset=utf-8";
const NDJSON = "application/x-ndjson";

/** Asks the lake for what it signs. */
export const proof = async ({ services, call }: Deps, question: SignedQuestion): Handled => {
  const reply = await services.gateway.prove(call, question);
  if (!reply.ok) return reply;
  const { value } = reply;
  switch (value.kind) {
    case "text":
    case "checkpoint":
      return ok({ status: 200, body: value.text, media_type: TEXT });
    case "leaves": {
      const lines = value.leaves.map(
        ({ seq, leaf }) =>
          `${JSON.stringify({ seq, leaf: Buffer.from(leaf).toString("base64") })}\n`,
      );
      return ok({ status: 200, body: lines.join(""), media_type: NDJSON });
    }
    case "certificate":
      return ok({ status: 200, body: value.signed });
    default: {
      const { kind: _, ...body } = value;
      return ok({ status: 200, body });
    }
  }
};

const keepCheckpoint = async ({ services, call }: Deps): Handled => {
  const reply = await services.gateway.prove(call, { kind: "checkpoint" });
  if (!reply.ok) return reply;
  if (reply.value.kind !== "checkpoint") throw new Error("a checkpoint was asked for");
  const { tree_size, text } = reply.value;
  const { key, written } = await writeCheckpoint(services.store, call.lake_id, reply.value);
  return ok({ status: written ? 201 : 200, body: { size: tree_size, key, checkpoint: text } });
};

export const proofRoutes = [
  route({
    method: "get",
    path: "/log/key",
    scope: "lake",
    tag: "Proofs",
    summary: "The key that signs this lake's checkpoints (C2SP signed-note verifier key)",
    params: none,
    query: none,
    body: null,
    success: { status: 200, schema: z.string(), media_type: TEXT },
    handle: ({ services, call }) => proof({ services, call }, { kind: "key" }),
  }),
  route({
    method: "get",
    path: "/log/checkpoint",
    scope: "lake",
    tag: "Proofs",
    summary: "Size and root of the log now, signed (C2SP tlog-checkpoint)",
    params: none,
    query: none,
    body: null,
    success: { status: 200, schema: z.string(), media_type: TEXT },
    handle: ({ services, call }) => proof({ services, call }, { kind: "checkpoint" }),
  }),
  route({
    method: "post",
    unconditional: true,
    path: "/log/checkpoint",
    scope: "lake",
    tag: "Proofs",
    summary:
      "Keep the checkpoint of now in the object store; this happens of itself within a day of an event",
    params: none,
    query: none,
    body: null,
    success: {
      status: 201,
      schema: resource("Checkpoint"),
      also: { 200: "There was one of this size" },
    },
    handle: (deps) => once(deps, () => keepCheckpoint(deps)),
  }),
  route({
    method: "get",
    path: "/log/leaves",
    scope: "lake",
    tag: "Proofs",
    summary: `Leaves by index, from (inclusive) to to (exclusive), at most ${MAX_LEAVES}`,
    params: none,
    query: z.strictObject({ from: place.prefault(0), to: place.optional() }),
    body: null,
    success: { status: 200, schema: z.string(), media_type: NDJSON },
    handle: ({ query, services, call }) =>
      proof(
        { services, call },
        { kind: "leaves", from: query.from, to: query.to ?? query.from + MAX_LEAVES },
      ),
  }),
  route({
    method: "get",
    path: "/log/inclusion",
    scope: "lake",
    tag: "Proofs",
    summary: "That an event is in the log of a size (RFC 6962 section 2.1.1)",
    params: none,
    query: z.strictObject({ seq: wholeNumber(1), size: wholeNumber(1).optional() }),
    body: null,
    success: { status: 200, schema: resource("InclusionProof") },
    handle: ({ query, services, call }) =>
      proof({ services, call }, { kind: "inclusion", seq: query.seq, size: query.size ?? null }),
  }),
  route({
    method: "get",
    path: "/log/consistency",
    scope: "lake",
    tag: "Proofs",
    summary: "That the log of one size begins the log of another (RFC 6962 section 2.1.2)",
    params: none,
    query: z.strictObject({ from: place, to: place }),
    body: null,
    success: { status: 200, schema: resource("ConsistencyProof") },
    handle: ({ query, services, call }) =>
      proof({ services, call }, { kind: "consistency", ...query }),
  }),
];
