/**
 * What a pass over rows writes: the clean table and the quarantine file. Neither appears before the
 * pass is done, and nothing is left behind when it fails.
 */
import type { DigestingStore } from "../application/digests.ts";
import type { DecimalTypes, ObjectRef, Schema } from "../domain/table.ts";
import { contentType } from "./contentTypes.ts";
import { type ParquetWriter, parquetWriter } from "./parquet.ts";
import { type QuarantineFile, quarantineFile } from "./quarantineFile.ts";

export interface Outputs {
  readonly clean: ParquetWriter | null;
  readonly quarantine: QuarantineFile | null;
  close(): Promise<{ readonly clean?: ObjectRef; readonly quarantine?: ObjectRef }>;
  /** Leaves nothing behind, also of an object that was closed before the other one failed. */
  discard(): Promise<void>;
}

/** Where the rows go; what has no key is not written. */
export interface OutputKeys {
  readonly clean_key?: string | undefined;
  readonly quarantine_key?: string | undefined;
}

/** `schema` and `decimals` are those of the clean rows. */
export const openOutputs = (
  store: DigestingStore,
  { clean_key, quarantine_key }: OutputKeys,
  schema: Schema,
  decimals: DecimalTypes,
): Outputs => {
  const clean =
    clean_key === undefined
      ? null
      : parquetWriter(store.writer(clean_key, contentType("parquet")), schema, decimals);
  const quarantine = quarantine_key === undefined ? null : quarantineFile(store, quarantine_key);
  const closed: string[] = [];

  const closeClean = async () => {
    if (clean === null || clean_key === undefined) return {};
    const written = await clean.close();
    closed.push(clean_key);
    return { clean: { key: clean_key, format: "parquet" as const, ...written } };
  };
  const closeQuarantine = async () => {
    const written = (await quarantine?.close()) ?? null;
    if (written === null) return {};
    closed.push(written.key);
    return { quarantine: written };
  };

  return {
    clean,
    quarantine,
    close: async () => ({ ...(await closeQuarantine()), ...(await closeClean()) }),
    async discard() {
      // Whatever fails here must not hide the reason for discarding.
      await Promise.allSettled([clean?.abort(), quarantine?.abort()]);
      if (closed.length > 0) await Promise.allSettled([store.delete(closed)]);
    },
  };
};
