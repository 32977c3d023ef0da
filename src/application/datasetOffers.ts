/**
 * What becomes of a batch in the manifest of its dataset: given out, by the rules of a single
 * consumption; named as unchanged; or left out, with the reason.
 */

import type { Batch } from "../domain/batch/batch.ts";
import type { GrantConsumption } from "../domain/batch/commands.ts";
import { decideBatch } from "../domain/batch/decide.ts";
import type { Publication } from "../domain/batch/events.ts";
import { differingColumns } from "../domain/batch/terms.ts";
import type { Dataset } from "../domain/dataset/dataset.ts";
import type { BatchId, DatasetName } from "../domain/ids.ts";
import type { ActiveLake } from "../domain/lake/lake.ts";
import type { Format, Schema } from "../domain/table.ts";
import { describeDigest } from "./digests.ts";
import type { Reader } from "./reader.ts";
import type { LookedInto } from "./restrictions.ts";

export interface ConsumeDataset {
  readonly type: "ConsumeDataset";
  readonly dataset: DatasetName;
  readonly consumer: string;
  readonly purpose: string | null;
  readonly format: Format;
  /** Seconds the URLs are valid. */
  readonly expires_in: number;
  /** Null: the active one. */
  readonly schema_version: number | null;
  /** What has not changed since then (RFC 3339) is named and not given out. Null: all is given. */
  readonly since: string | null;
  readonly limit: number;
  readonly cursor: string | null;
  /** What was looked up of restrictions before. */
  readonly looked?: readonly LookedInto[];
}

/** A request with what it is decided on. */
export interface Asked {
  readonly request: ConsumeDataset;
  readonly lake: ActiveLake;
  readonly dataset: Dataset;
  readonly version: number;
  /** Of that version. */
  readonly schema: Schema;
  readonly signed_at: string;
  readonly expires_at: string;
}

export interface ManifestItem {
  readonly batch_id: BatchId;
  readonly revision: number;
  readonly rows: number;
  readonly bytes: number;
  readonly digest: string;
  readonly published_at: string;
  /** Of its URL. */
  readonly expires_at: string;
}

export interface LeftOut {
  readonly batch_id: BatchId;
  /** As POST /consume-batch refuses it, but for `other-schema`. */
  readonly code: string;
  readonly reason: string;
}

export type Offer =
  | { readonly kind: "left_out"; readonly left_out: LeftOut }
  | { readonly kind: "unchanged"; readonly batch: Batch }
  /** It is not there in that format yet. */
  | { readonly kind: "to_export"; readonly batch: Batch }
  | {
      readonly kind: "given";
      readonly grant: GrantConsumption;
      readonly item: ManifestItem;
      /** As it is published. */
      readonly schema: Schema;
    };

/** Null for a batch of which there is nothing: it has not arrived, or is gone. */
export const offerOf = (batch_id: string, asked: Asked, read: Reader): Offer | null => {
  const state = read.batch(batch_id);
  if (state.status !== "held") return null;
  const { batch } = state;
  const { request, lake, dataset } = asked;
  const contract = read.contract(batch.contract_id);
  const { progress } = batch;
  const publication = progress.status === "published" ? progress.publication : null;
  const object = publication?.objects.find(({ format }) => format === request.format);
  const grant = grantOf(batch, object?.key ?? "", asked);
  const decided = decideBatch(grant, state, { lake, dataset, contract });
  if (!decided.ok) return leftOut(batch, decided.error.code, decided.error.detail);
  const other = otherSchema(batch, asked);
  if (other !== null) return leftOut(batch, "other-schema", other);
  const { since } = request;
  const changed = progress.status === "published" ? progress.unchanged_since : "";
  if (since !== null && changed < since) return { kind: "unchanged", batch };
  if (publication === null || object === undefined) return { kind: "to_export", batch };
  return {
    kind: "given",
    grant,
    item: itemOf(batch, publication, object, asked),
    schema: publication.schema,
  };
};

export const leftOut = (
  { batch_id }: Pick<Batch, "batch_id">,
  code: string,
  reason: string,
): Offer => ({
  kind: "left_out",
  left_out: { batch_id, code, reason },
});

const grantOf = (
  { batch_id }: Batch,
  object_key: string,
  { request: { consumer, purpose, format }, signed_at, expires_at }: Asked,
): GrantConsumption => {
  const lifetime = { signed_at, expires_at };
  return { type: "GrantConsumption", batch_id, consumer, purpose, format, object_key, ...lifetime };
};

const itemOf = (
  { batch_id, revision }: Batch,
  { published_at }: Publication,
  { rows, bytes, sha256 }: Publication["objects"][number],
  { expires_at }: Asked,
): ManifestItem => {
  const digest = describeDigest(sha256);
  return { batch_id, revision, rows, bytes, digest, published_at, expires_at };
};

/** Files of several schemas are not one table. */
const otherSchema = (batch: Batch, { dataset, version, schema }: Asked): string | null => {
  const columns = differingColumns(batch.schema ?? {}, schema);
  if (columns.length === 0) return null;
  return (
    `Batch ${batch.batch_id} was read under another schema than version ${version} of dataset ` +
    `${dataset.name} (${columns.join(", ")}): ask with its schema_version, or POST /replay under a ` +
    "contract that has this one reads it anew."
  );
};
