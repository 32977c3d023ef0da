/**
 * Whether an event that a page shows is in the log, checked here and not believed: its leaf says
 * what the page says, the leaf's path leads to the root, the lake's key signed that root, the key is
 * the one this browser knows, and the log only grew since it last looked.
 */
import type { CloudEvent } from "../api/types.ts";
import { isPrefix, leafHash, rootFromPath, sameBytes } from "./merkle.ts";
import { type Checkpoint, fromBase64, readCheckpoint, readKey, verdictOn } from "./note.ts";

/** What is asked of the server, which may say what it likes. */
export interface Evidence {
  key(): Promise<string>;
  checkpoint(): Promise<string>;
  /** Base64 of the leaf of an event. */
  leaf(seq: number): Promise<string>;
  inclusion(seq: number, size: number): Promise<readonly string[]>;
  consistency(from: number, to: number): Promise<readonly string[]>;
}

/** What this browser has seen of a lake's log before. */
export interface Memory {
  readonly key: string;
  readonly checkpoint: string;
}

export interface Step {
  readonly title: string;
  readonly state: "held" | "failed" | "unknown";
  readonly detail: string;
}

export interface Proof {
  readonly steps: readonly Step[];
  readonly holds: boolean;
  /** To be remembered; null when something failed: what is doubtful replaces nothing. */
  readonly memory: Memory | null;
}

export const step = (title: string, holds: boolean, yes: string, no: string): Step => ({
  title,
  state: holds ? "held" : "failed",
  detail: holds ? yes : no,
});

export const hashesOf = (texts: readonly string[]): readonly Uint8Array[] =>
  texts.map((text) => fromBase64(text) ?? new Uint8Array());

/** Sealed fields: the page shows `sealed: true` where the leaf has the ciphertext. */
const agrees = (shown: unknown, kept: unknown, name = ""): boolean => {
  if (name === "sealed" && shown === true && typeof kept === "string") return true;
  if (typeof shown !== "object" || shown === null) return shown === kept;
  if (typeof kept !== "object" || kept === null) return false;
  const [left, right] = [Object.entries(shown), new Map(Object.entries(kept))];
  return (
    left.length === right.size &&
    left.every(([member, value]) => right.has(member) && agrees(value, right.get(member), member))
  );
};

/** Whether the leaf is of this very event. An upcast event differs in its data, and only there. */
export const leafSays = (leaf: string, event: CloudEvent): "same" | "upcast" | "other" => {
  let kept: Record<string, unknown>;
  try {
    kept = { ...JSON.parse(leaf) };
  } catch {
    return "other";
  }
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [kept.seq, event.sequence],
    [kept.event_id, event.id],
    [kept.stream, event.subject],
    [kept.stream_version, event.streamversion],
    [kept.type, event.type],
    [kept.recorded_at, event.time],
    [kept.actor, event.actor],
    [kept.correlation_id, event.correlationid],
    [kept.causation_id ?? undefined, event.causationid],
  ];
  if (pairs.some(([a, b]) => a !== b)) return "other";
  if (agrees(event.data, kept.data)) return "same";
  return kept.schema_version === event.schemaversion ? "other" : "upcast";
};

const LEAF = {
  same: "The bytes in the log say what this page shows, sealed fields being ciphertext there.",
  upcast: "The log holds this event in an older form, which is shown in today's.",
  other: "The bytes in the log are of another event than this page shows.",
} as const;

export const SIGNED = {
  signed: "The lake's key signed this size and this root.",
  unsigned: "No signature of the lake's key stands under the checkpoint.",
  forged: "The signature under the checkpoint is not of the lake's key.",
  unknown: "This browser cannot check Ed25519 signatures; the other steps hold without it.",
} as const;

export const grew = async (
  before: Checkpoint,
  now: Checkpoint,
  evidence: Evidence,
): Promise<Step> => {
  const [title, yes] = [
    "The log only grew",
    `It begins with the ${before.size} events seen before.`,
  ];
  const no = `It does not begin with the ${before.size} events that this browser saw before.`;
  if (before.size > now.size) return step(title, false, yes, no);
  const proof = hashesOf(await evidence.consistency(before.size, now.size));
  return step(title, await isPrefix(before, now, proof), yes, no);
};

/** Takes every step, also behind one that failed. Rejects when the server gives no evidence. */
export const checkEvent = async (
  event: CloudEvent,
  evidence: Evidence,
  known: Memory | null,
): Promise<Proof> => {
  const [keyLine, note] = [await evidence.key(), await evidence.checkpoint()];
  const [key, head] = [await readKey(keyLine), readCheckpoint(note)];
  if (key === null || head === null || head.origin !== key.name) {
    const title = "The checkpoint";
    const detail = "The lake's key and its checkpoint cannot be read, or are of two logs.";
    return { steps: [{ title, state: "failed", detail }], holds: false, memory: null };
  }
  const leaf = fromBase64(await evidence.leaf(event.sequence)) ?? new Uint8Array();
  const says = leafSays(new TextDecoder().decode(leaf), event);
  const path = hashesOf(await evidence.inclusion(event.sequence, head.size));
  const root = await rootFromPath(await leafHash(leaf), event.sequence - 1, head.size, path);
  const verdict = await verdictOn(head, key);
  const steps: Step[] = [
    step("The leaf", says !== "other", LEAF[says], LEAF.other),
    step(
      "The path",
      root !== null && sameBytes(root, head.root),
      `${path.length} hashes lead from the leaf to the root of ${head.size} events.`,
      "The path from the leaf does not lead to the root.",
    ),
    {
      title: "The signature",
      state: verdict === "signed" ? "held" : verdict === "unknown" ? "unknown" : "failed",
      detail: SIGNED[verdict],
    },
  ];
  const before = known === null ? null : readCheckpoint(known.checkpoint);
  if (known !== null && before !== null) {
    steps.push(
      step(
        "The key",
        known.key === keyLine,
        "It is the key that this browser has known the lake by.",
        "It is another key than the one this browser has known the lake by.",
      ),
      await grew(before, head, evidence),
    );
  }
  const holds = steps.every(({ state }) => state !== "failed");
  return { steps, holds, memory: holds ? { key: keyLine, checkpoint: note } : null };
};
