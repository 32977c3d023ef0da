/**
 * A certificate of erasure as README describes it, made without any of Lethe's code: for the
 * verifier's tests, each part to be spoiled on its own.
 */
import { sign } from "node:crypto";
import {
  checkpointOf,
  eventText,
  eventTexts,
  naivePath,
  newSigner,
  type Signer,
} from "./verifyLake.ts";

export const SIGNER = newSigner("lethe/demo");

const FACTS = {
  deletion_id: "d1",
  subject_ref: "ab".repeat(32),
  requested_by: "petra",
  received_at: "2026-11-01T10:00:00.000Z",
  requested_at: "2026-11-01T10:00:01.000Z",
  started_at: "2026-11-20T10:00:00.000Z",
  completed_at: "2026-11-20T10:05:00.000Z",
  deadline: "2026-12-01T10:00:00.000Z",
  statutory_deadline: "2026-12-01T22:59:59.999Z",
  deadline_kept: true,
  batches: { looked_at: 1000, opened: 11, hit: 10 },
  rows_removed: 12,
  objects: [
    {
      batch_id: "b1",
      dataset: "customers",
      from: "lakes/demo/batches/b1/1/raw/a.csv",
      to: "lakes/demo/batches/b1/2/raw/b.csv",
      rows_removed: 1,
      sha256_before: "cd".repeat(32),
      sha256_after: "ef".repeat(32),
    },
  ],
  objects_omitted: 0,
  withheld: [{ dataset: "invoices", ground: "Art. 17(3)(b)", until: "2030-01-01T00:00:00.000Z" }],
  recipients: [{ consumer: "alice", batches: ["b1"], last_at: "2026-11-02T10:00:00.000Z" }],
  verification: { rounds: 2, objects: 20, rows_read: 40_000, rows_found: 0 },
  residual_until: "2026-12-20T10:05:00.000Z",
} as const;

export type Facts = Readonly<Record<string, unknown>>;

export interface Making {
  /** What the certificate says otherwise than the event. */
  readonly said?: Facts;
  /** What both say otherwise. */
  readonly facts?: Facts;
  /** Of the event, otherwise than it should be. */
  readonly event?: Readonly<Record<string, unknown>>;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly payloadType?: string;
  readonly signer?: Signer;
  readonly log?: Signer;
}

const PLACE = 17;
const SIZE = 40;

export const madeCertificate = (making: Making = {}) => {
  const { signer = SIGNER, log = signer } = making;
  const data = { ...FACTS, ...making.facts };
  const head = {
    event_id: "0190-17",
    type: "GDPRDeletionCompleted",
    recorded_at: "2026-11-20T10:05:00.010Z",
  };
  const event = { stream: "deletion/d1", ...head, data, ...making.event };
  const texts = eventTexts(SIZE).with(PLACE - 1, eventText(PLACE, event));
  const certificate = {
    version: 1,
    lake_id: "demo",
    event: { seq: PLACE, ...head },
    facts: { ...data, ...making.said },
    ...making.payload,
  };
  const payloadType = making.payloadType ?? "application/vnd.lethe.erasure-certificate+json";
  const payload = Buffer.from(JSON.stringify(certificate));
  const encoding = Buffer.concat([
    Buffer.from(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `),
    payload,
  ]);
  const sig = sign(null, encoding, signer.privateKey).toString("base64");
  const leaves = texts.map((text) => Buffer.from(text));
  return {
    certificate,
    envelope: {
      payloadType,
      payload: payload.toString("base64"),
      signatures: [{ keyid: `${signer.name}+${signer.keyHash.toString("hex")}`, sig }],
    },
    checkpoint: checkpointOf(texts, log),
    leaf: Buffer.from(texts[PLACE - 1] ?? "").toString("base64"),
    inclusion: {
      leaf_index: PLACE - 1,
      tree_size: SIZE,
      hashes: naivePath(PLACE - 1, leaves).map((hash) => hash.toString("base64")),
    },
    verifier_key: signer.vkey,
  };
};

export type MadeCertificate = ReturnType<typeof madeCertificate>;
