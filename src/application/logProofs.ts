/**
 * Questions about the log as a Merkle tree (RFC 6962): its head, signed, and the proofs that an
 * event is in it and that it only ever grew. Index = `seq` - 1.
 */
import { ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { SignedHead } from "./checkpoints.ts";
import type { LogSigner } from "./logSigner.ts";

/** The most leaves one answer holds. */
export const MAX_LEAVES = 1000;

/** The tree over the log, as the event log keeps it. */
export interface LogTree {
  /** Number of leaves: the last `seq`. */
  size(): number;
  root(size: number): Uint8Array;
  inclusion(index: number, size: number): readonly Uint8Array[];
  consistency(from: number, to: number): readonly Uint8Array[];
  /** Leaves of the events behind `from` up to `to`, as text; fewer when they are large. */
  leaves(from: number, to: number): readonly { readonly seq: number; readonly leaf: string }[];
}

export type ProofQuestion =
  | { readonly kind: "key" }
  | { readonly kind: "checkpoint" }
  /** Indices `from` (inclusive) to `to` (exclusive). */
  | { readonly kind: "leaves"; readonly from: number; readonly to: number }
  | { readonly kind: "inclusion"; readonly seq: number; readonly size: number | null }
  | { readonly kind: "consistency"; readonly from: number; readonly to: number };

export type ProofReply =
  | { readonly kind: "text"; readonly text: string }
  | ({ readonly kind: "checkpoint" } & SignedHead)
  | {
      readonly kind: "leaves";
      readonly leaves: ReturnType<LogTree["leaves"]>;
      /** The size of the log when they were read. */
      readonly tree_size: number;
    }
  | {
      readonly kind: "inclusion";
      readonly leaf_index: number;
      readonly tree_size: number;
      readonly hashes: readonly string[];
    }
  | { readonly kind: "consistency"; readonly hashes: readonly string[] };

const base64 = (hashes: readonly Uint8Array[]): readonly string[] =>
  hashes.map((hash) => Buffer.from(hash).toString("base64"));

const outOfRange = (path: string, message: string) =>
  reject("invalid", "out-of-range", `There is no such place in the log: ${path} ${message}.`, [
    { path, message },
  ]);

/** Rejects with `invalid` a place the log does not have. */
export const answerProof = async (
  tree: LogTree,
  signer: () => Promise<LogSigner>,
  question: ProofQuestion,
): Promise<Result<ProofReply, Rejection>> => {
  const head = tree.size();
  switch (question.kind) {
    case "key":
      return ok({ kind: "text", text: `${(await signer()).verifier_key}\n` });
    case "checkpoint": {
      // Size and root belong together: both are taken before anything is awaited.
      const root = tree.root(head);
      const text = await (await signer()).checkpoint(head, root);
      return ok({ kind: "checkpoint", tree_size: head, text });
    }
    case "leaves": {
      const { from, to } = question;
      if (from > head) return outOfRange("from", `must be at most ${head}`);
      if (to < from) return outOfRange("to", "must not be below from");
      const end = Math.min(to, head, from + MAX_LEAVES);
      return ok({ kind: "leaves", leaves: tree.leaves(from, end), tree_size: head });
    }
    case "inclusion": {
      const size = question.size ?? head;
      if (size > head) return outOfRange("size", `must be at most ${head}`);
      if (question.seq > size) return outOfRange("seq", `must be at most ${size}`);
      const leaf_index = question.seq - 1;
      const hashes = base64(tree.inclusion(leaf_index, size));
      return ok({ kind: "inclusion", leaf_index, tree_size: size, hashes });
    }
    case "consistency": {
      const { from, to } = question;
      if (to > head) return outOfRange("to", `must be at most ${head}`);
      if (from > to) return outOfRange("from", "must not be above to");
      return ok({ kind: "consistency", hashes: base64(tree.consistency(from, to)) });
    }
    default: {
      const unknown: never = question;
      throw new Error(`unknown question ${JSON.stringify(unknown)}`);
    }
  }
};
