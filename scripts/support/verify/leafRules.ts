/**
 * What every event of a log must be, besides being in the tree: one JSON object of known members
 * in their order, numbered without a gap in the log and in its stream, in the order of time, and
 * told once. A tree proves that nothing changed; these rules prove that there was sense in it.
 */
import { createHash } from "node:crypto";
import { HashIndex, HashTree } from "./hashTree.ts";
import { decodeUtf8 } from "./note.ts";

const MEMBERS = {
  seq: "number",
  event_id: "string",
  stream: "string",
  stream_version: "number",
  type: "string",
  schema_version: "number",
  recorded_at: "string",
  actor: "string",
  correlation_id: "string",
  causation_id: "string or null",
  command_id: "string",
  data: "object",
} as const;

const NAMES = Object.keys(MEMBERS);

export interface Leaf {
  readonly seq: number;
  readonly event_id: string;
  readonly stream: string;
  readonly stream_version: number;
  readonly recorded_at: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const kindOf = (value: unknown): string => (value === null ? "null" : typeof value);

/** The event of a leaf's bytes, or what is wrong with them. */
export const parseLeaf = (bytes: Uint8Array): Leaf | string => {
  const text = decodeUtf8(bytes);
  if (text === null) return "is not UTF-8";
  let event: Record<string, unknown>;
  try {
    const value: unknown = JSON.parse(text);
    if (kindOf(value) !== "object") return "is not a JSON object";
    event = value as Record<string, unknown>;
  } catch {
    return "is not JSON";
  }
  for (const [name, wanted] of Object.entries(MEMBERS))
    if (!wanted.split(" or ").includes(kindOf(event[name]))) return `has no ${wanted} as ${name}`;
  const { data: _, ...head } = event;
  // Written again, everything before `data` must be the same text: no other order, no white space,
  // no member twice. `data` stands as it was stored, so its own text is not judged.
  const written = `${JSON.stringify(head).slice(0, -1)},"data":`;
  if (Object.keys(event).join() !== NAMES.join() || !text.startsWith(written))
    return "has its members in another order or form";
  return event as unknown as Leaf;
};

/** Goes through the events in their order and remembers what the next one is judged by. */
export class LeafRules {
  #lastTime = Number.NEGATIVE_INFINITY;
  readonly #versions = new Map<string, number>();
  /** Event ids as hashes: an id may be any text. */
  readonly #ids = new HashTree();
  readonly #seqOfId: number[] = [];
  readonly #idIndex = new HashIndex(this.#ids);

  /** What is wrong with the event that stands at `index`, in words; empty when nothing is. */
  check(index: number, bytes: Uint8Array): string[] {
    const seq = index + 1;
    const leaf = parseLeaf(bytes);
    if (typeof leaf === "string") return [`event ${seq} ${leaf}`];
    const wrong: string[] = [];
    if (leaf.seq !== seq) wrong.push(`in the place of event ${seq} stands event ${leaf.seq}`);

    const version = (this.#versions.get(leaf.stream) ?? 0) + 1;
    if (leaf.stream_version !== version)
      wrong.push(
        `event ${seq} is version ${leaf.stream_version} of ${leaf.stream}, not ${version}`,
      );
    this.#versions.set(leaf.stream, leaf.stream_version);

    const time = Date.parse(leaf.recorded_at);
    if (Number.isNaN(time)) wrong.push(`event ${seq} has no time as recorded_at`);
    else if (time < this.#lastTime)
      wrong.push(`event ${seq} was recorded before the one before it`);
    else this.#lastTime = time;

    this.#ids.push(createHash("sha256").update(leaf.event_id).digest());
    this.#seqOfId.push(seq);
    const earlier = this.#seqOfId[this.#idIndex.enter(this.#ids.size - 1)];
    if (earlier !== undefined) wrong.push(`event ${seq} has the event_id of event ${earlier}`);
    return wrong;
  }

  get streams(): number {
    return this.#versions.size;
  }
}
