/** The head of a lake's log as it is now, signed with the key of that lake. */
import type { SignedHead } from "./checkpoints.ts";
import type { LakeService } from "./lakeService.ts";
import { answerProof, type LogTree } from "./logProofs.ts";
import { logSigner } from "./logSigner.ts";
import { systemCall } from "./systemCall.ts";

/** Rejects when the lake's keys do not open. */
export const signedHead = async (
  lake_id: string,
  service: LakeService,
  tree: LogTree,
): Promise<SignedHead> => {
  const seed = service.logSeed(systemCall(lake_id));
  if (!seed.ok) throw new Error(seed.error.detail);
  const head = await answerProof(tree, () => logSigner(lake_id, seed.value), {
    kind: "checkpoint",
  });
  if (head.ok && head.value.kind === "checkpoint") return head.value;
  throw new Error("the log has no head");
};
