/**
 * Whether a lake's log as a whole is the one that this browser knows: its head is signed by the
 * lake's key, the key is the one of before, and the log of before begins the log of now.
 */
import { type Evidence, grew, type Memory, type Proof, SIGNED, step } from "./check.ts";
import { type Checkpoint, readCheckpoint, readKey, verdictOn } from "./note.ts";

export interface LogProof extends Proof {
  /** The verifier key and the signed note, as they came. */
  readonly key: string;
  readonly note: string;
  /** Null for what is no checkpoint. */
  readonly head: Checkpoint | null;
  /** What this browser saw last; null when it has seen nothing of the log. */
  readonly before: Checkpoint | null;
}

/** Takes every step, also behind one that failed. Rejects when the server gives no evidence. */
export const checkLog = async (evidence: Evidence, known: Memory | null): Promise<LogProof> => {
  const [keyLine, note] = [await evidence.key(), await evidence.checkpoint()];
  const [key, head] = [await readKey(keyLine), readCheckpoint(note)];
  const before = known === null ? null : readCheckpoint(known.checkpoint);
  const seen = { key: keyLine, note, head, before };
  if (key === null || head === null || head.origin !== key.name) {
    const title = "The checkpoint";
    const detail = "The lake's key and its checkpoint cannot be read, or are of two logs.";
    return { steps: [{ title, state: "failed", detail }], holds: false, memory: null, ...seen };
  }
  const verdict = await verdictOn(head, key);
  const state = verdict === "signed" ? "held" : verdict === "unknown" ? "unknown" : "failed";
  const signature = { title: "The signature", state, detail: SIGNED[verdict] } as const;
  const since =
    known === null || before === null
      ? [
          {
            title: "The log only grew",
            state: "unknown",
            detail: "This browser sees this log for the first time, and will know it again.",
          } as const,
        ]
      : [
          step(
            "The key",
            known.key === keyLine,
            "It is the key that this browser has known the lake by.",
            "It is another key than the one this browser has known the lake by.",
          ),
          await grew(before, head, evidence),
        ];
  const steps = [signature, ...since];
  const holds = steps.every((one) => one.state !== "failed");
  const memory = holds ? { key: keyLine, checkpoint: note } : null;
  return { steps, holds, memory, ...seen };
};
