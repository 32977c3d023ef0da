/**
 * The certificate of an erasure: what the event that completed it says, signed, together with that
 * event as it stands in the log and the proof that it stands there. It is made from the leaf
 * itself, so that certificate and event cannot disagree, and is the same whenever it is asked for
 * but for the log's head, which grows.
 */
import { ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import { reader } from "./commands.ts";
import { type Envelope, signEnvelope } from "./envelope.ts";
import type { LogTree } from "./logProofs.ts";
import type { LogSigner } from "./logSigner.ts";
import type { EventLog, StoredEvent } from "./ports.ts";

const CERTIFICATE_TYPE = "application/vnd.lethe.erasure-certificate+json";

const CERTIFICATE_VERSION = 1;

/** What closes a request: when it is carried out, when what was withheld is, after a restore. */
const CLOSINGS = [
  "GDPRDeletionCompleted",
  "GDPRDeletionRemainderErased",
  "GDPRDeletionReapplied",
] as const;

/** A request is closed once, and then as often as something that was withheld becomes due. */
const MAX_CLOSINGS = 1000;

export interface Certificate {
  /** What is signed, to be read. */
  readonly certificate: {
    readonly version: typeof CERTIFICATE_VERSION;
    readonly lake_id: string;
    /** Of the event in the log. */
    readonly event: Pick<StoredEvent, "seq" | "event_id" | "type" | "recorded_at">;
    /** The event's `data`. */
    readonly facts: Readonly<Record<string, unknown>>;
  };
  readonly envelope: Envelope;
  /** The signed note of the log's head. */
  readonly checkpoint: string;
  /** Base64 of the event's bytes, whose RFC 6962 leaf hash stands in the tree. */
  readonly leaf: string;
  readonly inclusion: {
    readonly leaf_index: number;
    readonly tree_size: number;
    readonly hashes: readonly string[];
  };
  readonly verifier_key: string;
}

export interface Proven {
  readonly log: EventLog;
  readonly tree: LogTree;
}

/**
 * The last closing of the request up to `seq` (null: ever). Rejects with `not_found` an unknown
 * request, with `wrong_state` one that was not completed (then).
 */
export const certificateOf = async (
  { log, tree }: Proven,
  signer: () => Promise<LogSigner>,
  lake_id: string,
  { deletion_id, seq }: { readonly deletion_id: string; readonly seq: number | null },
): Promise<Result<Certificate, Rejection>> => {
  if (reader(log).deletion(deletion_id).status === "absent") {
    return reject("not_found", "deletion-not-found", "There is no such deletion request.");
  }
  const closed = lastClosing(log, deletion_id, seq ?? log.head());
  if (closed === null) {
    return reject(
      "wrong_state",
      "deletion-not-completed",
      `Deletion request ${deletion_id} was not completed: there is nothing to certify yet.`,
    );
  }
  // Head, proof and leaf belong together: all are taken before anything is awaited.
  const [index, size] = [closed.seq - 1, tree.size()];
  const root = tree.root(size);
  const hashes = tree.inclusion(index, size);
  const leaf = tree.leaves(index, index + 1)[0]?.leaf;
  if (leaf === undefined) throw new Error(`event ${closed.seq} is not in the log`);
  // As it was written, in the version of then.
  const { event_id, type, recorded_at, data } = JSON.parse(leaf) as StoredEvent;
  const event = { seq: closed.seq, event_id, type, recorded_at };
  const certificate = { version: CERTIFICATE_VERSION, lake_id, event, facts: data } as const;
  const body = new TextEncoder().encode(JSON.stringify(certificate));
  const signing = await signer();
  return ok({
    certificate,
    envelope: await signEnvelope(signing, CERTIFICATE_TYPE, body),
    checkpoint: await signing.checkpoint(size, root),
    leaf: Buffer.from(leaf).toString("base64"),
    inclusion: {
      leaf_index: index,
      tree_size: size,
      hashes: hashes.map((hash) => Buffer.from(hash).toString("base64")),
    },
    verifier_key: signing.verifier_key,
  });
};

const lastClosing = (log: EventLog, deletion_id: string, until: number): StoredEvent | null =>
  CLOSINGS.flatMap((type) =>
    log.read({ stream: `deletion/${deletion_id}`, type, after: 0, limit: MAX_CLOSINGS }),
  )
    .filter(({ seq }) => seq <= until)
    .sort((a, b) => a.seq - b.seq)
    .at(-1) ?? null;
