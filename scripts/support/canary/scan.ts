/**
 * Searches every byte that a server has persisted for texts: files as they lie on disk with the
 * databases' free pages and write-ahead logs, the seams between a database's pages, what lies
 * compressed within, what is sealed and still opens, and what was logged. All of it is opened once,
 * however many texts are looked for.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { findForms, formsOf, longest } from "./forms.ts";
import { layersOf } from "./layers.ts";
import { isSqlite, seams } from "./sqlitePages.ts";
import { filesIn, type PersistedState, withState } from "./state.ts";
import { unlock } from "./unlocked.ts";

export interface Hit {
  /** The file below the state's directory, the object's key or the log; and the layer in it. */
  readonly place: string;
  /** As `Form.name`. */
  readonly form: string;
}

export interface Scan {
  readonly hits: readonly Hit[];
  readonly files: number;
  readonly databases: number;
  readonly objects: number;
  /** As they lie on disk, and in logs. */
  readonly bytes: number;
  /** Layers that were opened: decompressed pages and files, unsealed objects and texts. */
  readonly layers: number;
  readonly layer_bytes: number;
  readonly sealed_objects: number;
  readonly sealed_texts: { readonly open: number; readonly shut: number };
}

export interface ScanInput {
  /** The state of a server that has ended. */
  readonly directory: string;
  readonly texts: readonly string[];
  /** What the server said, by where it said it. */
  readonly logs: Readonly<Record<string, string>>;
}

/** What was found of each text, in their order; the figures are those of the whole search. */
export const scan = ({ directory, texts, logs }: ScanInput): Promise<readonly Scan[]> =>
  withState(directory, (state) => search(directory, state, texts, logs));

const search = async (
  directory: string,
  state: PersistedState,
  texts: readonly string[],
  logs: ScanInput["logs"],
): Promise<readonly Scan[]> => {
  const wanted = texts.map((text) => {
    const hits: Hit[] = [];
    return { forms: formsOf(text), hits };
  });
  const reach = longest(wanted.flatMap(({ forms }) => forms));
  const look = (place: string, bytes: Buffer): void => {
    for (const { forms, hits } of wanted) {
      for (const form of findForms(bytes, forms)) hits.push({ place, form });
    }
  };
  const counted = { databases: 0, bytes: 0, layers: 0, layer_bytes: 0 };
  const within = async (place: string, bytes: Buffer): Promise<void> => {
    for (const layer of await layersOf(bytes)) {
      counted.layers += 1;
      counted.layer_bytes += layer.bytes.length;
      look(`${place}: ${layer.name}`, layer.bytes);
    }
  };

  const files = await filesIn(directory);
  const names = new Map(
    state.objects.flatMap(({ key, blob_ids }) => blob_ids.map((id) => [id, `object ${key}`])),
  );
  for (const file of files) {
    const bytes = await readFile(file);
    const place = names.get(path.basename(file)) ?? path.relative(directory, file);
    counted.bytes += bytes.length;
    look(place, bytes);
    if (!isSqlite(bytes)) await within(place, bytes);
    else {
      counted.databases += 1;
      const wal = files.includes(`${file}-wal`) ? await readFile(`${file}-wal`) : Buffer.alloc(0);
      look(`${place}: across pages`, seams(bytes, wal, reach));
    }
  }
  for (const [place, said] of Object.entries(logs)) {
    counted.bytes += Buffer.byteLength(said);
    look(place, Buffer.from(said));
  }

  const unlocked = await unlock(state);
  for (const { name, bytes } of unlocked.layers) {
    counted.layers += 1;
    counted.layer_bytes += bytes.length;
    look(name, bytes);
    await within(name, bytes);
  }
  return wanted.map(({ hits }) => ({
    hits,
    files: files.length,
    objects: state.objects.length,
    ...counted,
    sealed_objects: unlocked.objects,
    sealed_texts: unlocked.texts,
  }));
};
