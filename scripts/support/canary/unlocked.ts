/**
 * What is sealed and can still be opened: by whoever has all that was persisted and the root
 * secret. A key that was to be destroyed and was not is thereby found out.
 */

import type { ObjectStore } from "../../../src/application/dataPorts.ts";
import { type Keyring, openKeyring } from "../../../src/application/keyring.ts";
import { custodyKey } from "../../../src/application/objectKeys.ts";
import { DEVELOPMENT_ROOT_SECRET } from "../../../src/application/rootSecrets.ts";
import { sealedObjectStore } from "../../../src/storage/sealedObjectStore.ts";
import type { Layer } from "./layers.ts";
import type { LakeDatabase, PersistedState, StoredBlob } from "./state.ts";

type SubjectRef = Parameters<Keyring["seal"]>[0];

interface Unlocked {
  readonly layers: readonly Layer[];
  /** Sealed objects that opened. */
  readonly objects: number;
  /** Sealed fields of events that opened, and those that did not. */
  readonly texts: { readonly open: number; readonly shut: number };
}

/** Every key of every lake is tried on whatever of that lake is sealed. */
export const unlock = async ({ lakes, objects }: PersistedState): Promise<Unlocked> => {
  const layers: Layer[] = [];
  const texts = { open: 0, shut: 0 };
  let opened = 0;
  for (const lake of lakes) {
    const keyring = keyringOf(lake, objects);
    const own = objects.filter(({ key }) => key.startsWith(`lakes/${lake.lake_id}/`));
    for (const { key: name, bytes } of own) {
      for (const key of objectKeysOf(lake, keyring)) {
        const clear = await openObject(name, bytes, key);
        if (clear === null) continue;
        layers.push({ name: `object ${name}, unsealed`, bytes: clear });
        opened += 1;
        break;
      }
    }
    for (const { name, text } of sealedTexts(lake, keyring)) {
      texts[text === null ? "shut" : "open"] += 1;
      if (text !== null) layers.push({ name, bytes: Buffer.from(text) });
    }
  }
  return { layers, objects: opened, texts };
};

const keyringOf = (
  { lake_id, database }: LakeDatabase,
  objects: readonly StoredBlob[],
): Keyring => {
  const find = database.prepare("SELECT wrapped FROM keys WHERE id = ?");
  const store = {
    find: (id: string) => (find.get(id)?.wrapped as string | undefined) ?? null,
    put: () => undefined,
    destroy: () => undefined,
  };
  return openKeyring(
    { present: DEVELOPMENT_ROOT_SECRET, previous: null },
    lake_id,
    store,
  ).withHalves({
    find: (subject) =>
      objects.find(({ key }) => key === custodyKey(lake_id, subject))?.bytes ?? null,
  });
};

/** Keys under which objects of the lake may be sealed: of datasets, and of answers to requests. */
const objectKeysOf = ({ database }: LakeDatabase, keyring: Keyring): readonly Uint8Array[] =>
  database
    .prepare("SELECT id FROM keys")
    .all()
    .flatMap(({ id }) => {
      const [kind, name] = String(id).split("/", 2);
      const key =
        kind === "dataset"
          ? keyring.datasetKey(name as Parameters<Keyring["datasetKey"]>[0])
          : kind === "access"
            ? keyring.accessKey(name as Parameters<Keyring["accessKey"]>[0])
            : null;
      return key ?? [];
    });

const openObject = async (name: string, bytes: Buffer, key: Uint8Array): Promise<Buffer | null> => {
  try {
    const body = await sealedObjectStore(oneObject(name, bytes), key).open(name);
    return body && Buffer.from(await new Response(body).arrayBuffer());
  } catch {
    // It is not sealed, or under another key.
    return null;
  }
};

/** A store that has the one object and takes nothing. */
const oneObject = (name: string, bytes: Buffer): ObjectStore => {
  const refuse = () => {
    throw new Error("nothing is written while a state is searched");
  };
  return {
    head: async () => ({ key: name, size_bytes: bytes.length, etag: "", uploaded_at: new Date(0) }),
    open: async (_, range) => {
      const { offset, length } = range ?? { offset: 0, length: bytes.length };
      return new Blob([Uint8Array.from(bytes.subarray(offset, offset + length))]).stream();
    },
    read: async (_, offset, length) => bytes.subarray(offset, offset + length),
    writer: refuse,
    delete: refuse,
    clear: refuse,
    list: refuse,
  };
};

/** Texts that events hold sealed under a person's own key; null where that is gone. */
const sealedTexts = (
  { database }: LakeDatabase,
  keyring: Keyring,
): readonly { readonly name: string; readonly text: string | null }[] => {
  const refs = new Map<string, SubjectRef>();
  const found: { readonly name: string; readonly text: string | null }[] = [];
  const events = database.prepare(
    `SELECT stream, stream_version, data FROM events
     WHERE stream LIKE 'deletion/%' OR stream LIKE 'subject-access/%' ORDER BY seq`,
  );
  for (const { stream, stream_version, data } of events.all()) {
    const said = JSON.parse(String(data)) as Record<string, unknown>;
    if (typeof said.subject_ref === "string") {
      refs.set(String(stream), said.subject_ref as SubjectRef);
    }
    const subject = refs.get(String(stream));
    if (subject === undefined) continue;
    for (const [field, value] of Object.entries(said)) {
      const { sealed } = (value ?? {}) as { sealed?: unknown };
      if (typeof sealed !== "string") continue;
      const places = [`${stream}/${field}`, `${stream}/answer/${stream_version}`];
      const text = places.map((place) => opened(keyring, subject, place, sealed));
      found.push({
        name: `${stream} ${field}, unsealed`,
        text: text.find((t) => t !== null) ?? null,
      });
    }
  }
  return found;
};

const opened = (
  keyring: Keyring,
  subject: SubjectRef,
  place: string,
  sealed: string,
): string | null => {
  try {
    return keyring.open(subject, place, sealed);
  } catch {
    // Sealed in another place.
    return null;
  }
};
