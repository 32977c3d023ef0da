/**
 * A dataset's published data as one thing: which of its batches a consumer is given, which have not
 * changed since they last asked, and which are left out. Whoever sees nothing but what is published is
 * told of nothing else. Batches come in the order of their appending, a page at a time.
 */

import { processingRestricted } from "../domain/batch/restricted.ts";
import { unknownDataset, unknownVersion } from "../domain/dataset/decide.ts";
import { ok, type Result } from "../domain/decider.ts";
import type { BatchId, DatasetName } from "../domain/ids.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { ColumnType, Format, Schema } from "../domain/table.ts";
import type { Admitted } from "./admission.ts";
import type { GrantConsumptions } from "./consumption.ts";
import { keyOf } from "./datasetKeys.ts";
import {
  type Asked,
  type ConsumeDataset,
  type LeftOut,
  leftOut,
  type ManifestItem,
  type Offer,
  offerOf,
} from "./datasetOffers.ts";
import type { Keyring } from "./keyring.ts";
import { type Place, placeIn, writePlace } from "./manifestPlace.ts";
import type { DirectoryEntry, EventLog } from "./ports.ts";
import { type Reader, reader } from "./reader.ts";
import { admitHandOuts, restrictedAmong } from "./restrictions.ts";
import { seesUnpublished } from "./seenBatch.ts";
import { lifetimeOf } from "./timers.ts";

export interface Manifest {
  readonly dataset: DatasetName;
  readonly schema_version: number;
  readonly schema: Schema;
  /** Columns that some item has as another type than `schema` says, with those types. */
  readonly retyped: Readonly<Record<string, readonly ColumnType[]>>;
  readonly format: Format;
  /** When the first page was made: what changes from then on comes with `since`. */
  readonly as_of: string;
  /** Their URLs are signed once the grants are on record. */
  readonly items: readonly ManifestItem[];
  readonly unchanged: readonly { readonly batch_id: BatchId; readonly revision: number }[];
  readonly left_out: readonly LeftOut[];
  readonly next_cursor: string | null;
}

/** Files in another format that one request makes; its page ends before one more is needed. */
export const MAX_EXPORTED = 10;

/** Published batches that are looked at for such files. */
const LOOKED_AT = 1_000;

interface Means {
  readonly log: EventLog;
  readonly keyring: () => Keyring;
  readonly now: string;
  readonly admitted: Pick<Admitted, "roles">;
}

/**
 * One page. Rejects with `not_found` an unknown dataset or schema version, with `gone` a dataset whose
 * key was destroyed, with `invalid` a cursor that no manifest has given.
 */
export const manifestOf = (
  request: ConsumeDataset,
  { log, keyring, now, admitted }: Means,
): Result<GrantConsumptions, Rejection> => {
  const page = pageOf(request, { log, now, admitted });
  if (!page.ok) return page;
  const { place, asked, last, more } = page.value;
  const key = keyOf(asked.dataset, keyring());
  if (!key.ok) return key;
  const ids = page.value.offers.flatMap((offer) => idOf(offer) ?? []);
  const found = restrictedAmong(ids, request.looked ?? [], { log, keyring });
  const looked = admitHandOuts(request.dataset, found);
  if (!looked.ok) return looked;
  const offers = page.value.offers.map((offer) => unlessIn(found.restricted, offer));
  const { dataset, consumer, format } = request;
  const given = offers.filter((offer) => offer.kind === "given");
  const manifest: Manifest = {
    dataset,
    schema_version: asked.version,
    schema: asked.schema,
    retyped: retyped(asked.schema, given),
    format,
    as_of: place.as_of,
    items: given.map(({ item }) => item),
    unchanged: offers.flatMap((offer) => {
      if (offer.kind !== "unchanged") return [];
      const { batch_id, revision } = offer.batch;
      return [{ batch_id, revision }];
    }),
    left_out: offers.flatMap((offer) => (offer.kind === "left_out" ? [offer.left_out] : [])),
    next_cursor: more ? writePlace({ ...place, after: last }) : null,
  };
  const grants = given.map(({ grant }) => grant);
  return ok({ type: "GrantConsumptions", dataset, consumer, grants, manifest });
};

/** Of a batch that is given out, or that whoever asks may go on with. */
const idOf = (offer: Offer): BatchId | null => {
  if (offer.kind === "given") return offer.grant.batch_id;
  return offer.kind === "unchanged" ? offer.batch.batch_id : null;
};

/** What may hold persons whose processing is restricted is left out (Art. 18 GDPR). */
const unlessIn = (restricted: ReadonlySet<BatchId>, offer: Offer): Offer => {
  const batch_id = idOf(offer);
  if (batch_id === null || !restricted.has(batch_id)) return offer;
  const { code, detail } = processingRestricted(`Batch ${batch_id}`).error;
  return leftOut({ batch_id }, code, detail);
};

/** Batches that are to be made in the format before a page can have them, at most `MAX_EXPORTED`. */
export const toExport = (
  request: ConsumeDataset,
  { log, now }: Pick<Means, "log" | "now">,
): readonly BatchId[] => {
  const read = reader(log);
  const found = askedFor(request, read, now);
  // Whoever asks for the page is told why.
  if (!found.ok) return [];
  const { place, ...asked } = found.value;
  const about = { kind: "batch", dataset: request.dataset, status: "published" } as const;
  const ids: BatchId[] = [];
  for (const { id } of log.directory.list({ ...about, after: place.after, limit: LOOKED_AT })) {
    const offer = offerOf(id, asked, read);
    if (offer?.kind === "to_export") ids.push(offer.batch.batch_id);
    if (ids.length === MAX_EXPORTED) break;
  }
  return ids;
};

/** What is on a page, before anybody has looked for restrictions. */
const pageOf = (
  request: ConsumeDataset,
  { log, now, admitted }: Omit<Means, "keyring">,
): Result<Page, Rejection> => {
  const read = reader(log);
  const found = askedFor(request, read, now);
  if (!found.ok) return found;
  const { place, ...asked } = found.value;
  const { dataset, limit } = request;
  const visible = seesUnpublished(admitted) ? {} : { status: "published" };
  const about = { kind: "batch", dataset, ...visible, after: place.after } as const;
  const entries = log.directory.list({ ...about, limit: limit + 1 });
  const { offers, last } = offersOf(entries.slice(0, limit), asked, read);
  const more = entries.some(({ created_seq }) => created_seq > last);
  return ok({ place, asked, offers, last, more });
};

interface Page {
  readonly place: Place;
  readonly asked: Asked;
  readonly offers: readonly Offer[];
  /** The place in the log of the last batch on it, and whether others come behind it. */
  readonly last: number;
  readonly more: boolean;
}

const askedFor = (
  request: ConsumeDataset,
  read: Reader,
  now: string,
): Result<Asked & { readonly place: Place }, Rejection> => {
  const lake = read.lake();
  if (lake.status === "absent") return lakeNotFound();
  const dataset = read.dataset(request.dataset);
  if (dataset.status === "absent") return unknownDataset(request.dataset);
  const version = request.schema_version ?? dataset.active_version;
  const schema = dataset.schema_versions.find((known) => known.version === version)?.schema;
  if (schema === undefined) return unknownVersion(dataset, version);
  const place = placeIn(request.cursor, now);
  if (!place.ok) return place;
  const lifetime = lifetimeOf(now, request.expires_in);
  return ok({ request, lake, dataset, version, schema, place: place.value, ...lifetime });
};

/** Of the page's beginning, up to the batch whose place in the log is `last`; 0: there is none. */
const offersOf = (
  page: readonly DirectoryEntry[],
  asked: Asked,
  read: Reader,
): { readonly offers: readonly Offer[]; readonly last: number } => {
  const offers: Offer[] = [];
  let last = 0;
  for (const { id, created_seq } of page) {
    const offer = offerOf(id, asked, read);
    if (offer?.kind === "to_export" && last > 0) break;
    last = created_seq;
    // Made right before, unless the batch has changed meanwhile: the page must get past it.
    if (offer?.kind === "to_export") offers.push(notMade(offer, asked));
    else if (offer !== null) offers.push(offer);
  }
  return { offers, last };
};

const notMade = ({ batch }: Extract<Offer, { kind: "to_export" }>, { request }: Asked): Offer =>
  leftOut(
    batch,
    "changed-meanwhile",
    `The ${request.format} of batch ${batch.batch_id} could not be made just now: ` +
      "POST /consume-batch makes it, or says why not.",
  );

const retyped = (
  schema: Schema,
  given: readonly Extract<Offer, { kind: "given" }>[],
): Manifest["retyped"] => {
  const types = new Map<string, Set<ColumnType>>();
  for (const item of given) {
    for (const [column, type] of Object.entries(item.schema)) {
      if (schema[column] === type) continue;
      types.set(column, (types.get(column) ?? new Set()).add(type));
    }
  }
  return Object.fromEntries([...types].map(([column, found]) => [column, [...found]]));
};
