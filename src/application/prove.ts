/** What a lake signs: proofs about its log, and certificates of what it has erased. */
import type { Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import { type Certificate, certificateOf, type Proven } from "./certificate.ts";
import { answerProof, type ProofQuestion, type ProofReply } from "./logProofs.ts";
import { logSigner } from "./logSigner.ts";
import type { When } from "./questions.ts";

export type SignedQuestion =
  | ProofQuestion
  /** As the request was closed last up to a moment. */
  | { readonly kind: "certificate"; readonly deletion_id: string; readonly when: When };

export type SignedReply =
  | ProofReply
  | ({ readonly kind: "certificate" } & { readonly signed: Certificate });

/** `seed`: see `LakeService.logSeed`. */
export const prove = async (
  lake: Proven,
  lake_id: string,
  seed: Uint8Array,
  question: SignedQuestion,
): Promise<Result<SignedReply, Rejection>> => {
  const signer = () => logSigner(lake_id, seed);
  if (question.kind !== "certificate") return answerProof(lake.tree, signer, question);
  const { deletion_id, when } = question;
  const seq = when === null ? null : "at" in when ? lake.log.seqAt(when.at) : when.version;
  const made = await certificateOf(lake, signer, lake_id, { deletion_id, seq });
  return made.ok ? { ok: true, value: { kind: "certificate", signed: made.value } } : made;
};
