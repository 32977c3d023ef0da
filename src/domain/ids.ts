/**
 * Branded identifiers: a batch id cannot be passed where a dataset name is meant. They are made
 * where text is parsed (HTTP bodies, stored rows); inside, they are only handed on.
 */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

export type LakeId = Branded<"LakeId">;
export type DatasetName = Branded<"DatasetName">;
export type ContractId = Branded<"ContractId">;
export type BatchId = Branded<"BatchId">;
export type DeletionId = Branded<"DeletionId">;
export type ReplayId = Branded<"ReplayId">;
export type WebhookId = Branded<"WebhookId">;
export type SubjectAccessId = Branded<"SubjectAccessId">;
export type TokenId = Branded<"TokenId">;
/** `<batch id>~<revision>`: the batch it is a run over, and the revision of it that it made. */
export type PrivacyRunId = Branded<"PrivacyRunId">;

/** The pseudonym of a data subject: lower-case hex HMAC-SHA-256 under the lake's key. */
export type SubjectRef = Branded<"SubjectRef">;

/** 1-128 of `A-Z a-z 0-9 . _ -`, starting with a letter or digit. */
export const ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;

/** See `PrivacyRunId`; a batch id has no tilde. */
export const privacyRunId = (batch_id: BatchId, revision: number): PrivacyRunId =>
  `${batch_id}~${revision}` as PrivacyRunId;

/** The two halves of a run's id. */
export const partsOfRun = (
  run_id: PrivacyRunId,
): { readonly batch_id: BatchId; readonly revision: number } => {
  const [batch = "", revision = ""] = run_id.split("~");
  return { batch_id: batch as BatchId, revision: Number(revision) };
};

/** Streams: one per aggregate instance, named after it. */
export type StreamName =
  | "lake"
  | "access"
  | `dataset/${string}`
  | `contract/${string}`
  | `batch/${string}`
  | `deletion/${string}`
  | `replay/${string}`
  | `freshness/${string}`
  | `webhook/${string}`
  | `subject-access/${string}`
  | `member/${string}`
  | `token/${string}`;
