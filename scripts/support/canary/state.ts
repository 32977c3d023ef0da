/**
 * What a local server has persisted, as its parts: files as they lie on disk, and, read from them,
 * the objects of its store and the databases of its lakes. The server must have ended.
 */
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface StoredBlob {
  readonly key: string;
  /** Names of the files it lies in. */
  readonly blob_ids: readonly string[];
  readonly bytes: Buffer;
}

/** A lake's database, open for reading; it is a copy that goes when the work is done. */
export interface LakeDatabase {
  readonly lake_id: string;
  readonly database: DatabaseSync;
}

export const filesIn = async (directory: string): Promise<readonly string[]> => {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
};

const isDatabase = (file: string): boolean =>
  file.endsWith(".sqlite") && path.basename(file) !== "metadata.sqlite";

/** Opens copies: a database that is opened is changed, were it only its write-ahead log. */
const withDatabases = async <Value>(
  directory: string,
  use: (databases: readonly DatabaseSync[]) => Promise<Value>,
): Promise<Value> => {
  const copy = await mkdtemp(path.join(tmpdir(), "lethe-canary-"));
  const opened: DatabaseSync[] = [];
  try {
    await cp(directory, copy, {
      recursive: true,
      filter: (source) => !source.includes(`${path.sep}blobs`),
    });
    for (const file of (await filesIn(copy)).filter(isDatabase)) {
      opened.push(new DatabaseSync(file));
    }
    return await use(opened);
  } finally {
    for (const database of opened) database.close();
    await rm(copy, { recursive: true, force: true });
  }
};

const hasTable = (database: DatabaseSync, name: string): boolean =>
  database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?").get(name) !==
  undefined;

export interface PersistedState {
  readonly lakes: readonly LakeDatabase[];
  readonly objects: readonly StoredBlob[];
}

/** The databases of lakes and every object of the store with its key. */
export const withState = <Value>(
  directory: string,
  use: (state: PersistedState) => Promise<Value>,
): Promise<Value> =>
  withDatabases(directory, async (databases) => {
    const blobs = new Map(
      (await filesIn(directory))
        .filter((file) => path.basename(path.dirname(file)) === "blobs")
        .map((file) => [path.basename(file), file]),
    );
    const lakes: LakeDatabase[] = [];
    const objects: StoredBlob[] = [];
    for (const database of databases) {
      if (hasTable(database, "keys")) lakes.push(...lakeOf(database));
      if (!hasTable(database, "_mf_objects")) continue;
      for (const { key, blob_ids } of blobIdsOf(database)) {
        const parts = blob_ids.map((id) => readFile(blobs.get(id) ?? id));
        objects.push({ key, blob_ids, bytes: Buffer.concat(await Promise.all(parts)) });
      }
    }
    return use({ lakes, objects });
  });

const lakeOf = (database: DatabaseSync): readonly LakeDatabase[] => {
  const created = database.prepare("SELECT data FROM events WHERE type = 'DataLakeCreated'").get();
  if (created === undefined) return [];
  const { lake_id } = JSON.parse(String(created.data)) as { lake_id: string };
  return [{ lake_id, database }];
};

/** An object is one blob, or the parts it was uploaded in. */
const blobIdsOf = (database: DatabaseSync) => {
  const parts = database.prepare(
    "SELECT blob_id FROM _mf_multipart_parts WHERE object_key = ? ORDER BY part_number",
  );
  return database
    .prepare("SELECT key, blob_id FROM _mf_objects")
    .all()
    .map(({ key, blob_id }) => ({
      key: String(key),
      blob_ids:
        blob_id === null
          ? parts.all(key ?? "").map((part) => String(part.blob_id))
          : [String(blob_id)],
    }));
};
