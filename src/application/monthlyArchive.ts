/**
 * Last month's report, kept and announced. It is kept where the lakes that it is about lie: one for
 * those in no jurisdiction, and one for each jurisdiction that has lakes. The data is written first
 * and once; every other form is made of what was written, so that all of them say the same whenever
 * they were made. Then it is announced under one id, again until that has succeeded, and never after.
 *
 * What was delivered late, after a lake was held up, is not in a report that was kept before: when
 * somebody asks for it again, the next revision is kept beside those there are, and announced too.
 */
import type { SmallObjects } from "./dataPorts.ts";

/** Below it lie the months, and nothing else. No name in it tells of a person or a lake. */
export const ARCHIVE_PREFIX = "reports/";

const DATA = "report.json";
/** What is told, and that it was. */
const NOTE = "announcement.json";
const TOLD = "announced.json";

/** A form of the report, made of the data as it was kept. */
export interface ReportForm {
  /** Of the object, below the month, such as `report.csv`. */
  readonly name: string;
  readonly media_type: string;
  render(report: object): string;
}

/** The data itself; `name` and `media_type` of the others must be others. */
export const DATA_FORM = { name: DATA, media_type: "application/json" } as const;

export interface ArchivePlace {
  /** The jurisdiction of the lakes; empty: those in none. */
  readonly name: string;
  readonly objects: SmallObjects;
  /** The month's report on the lakes there; null when there are none and none is expected. */
  report(month: string): Promise<object | null>;
}

/** What receivers are told: the body of the notification, under `id`. */
export interface Announcement {
  readonly id: string;
  readonly type: "MonthlyReportArchived";
  readonly timestamp: string;
  readonly data: {
    readonly month: string;
    readonly jurisdiction: string | null;
    /** From 1. */
    readonly revision: number;
    readonly documents: readonly ArchivedDocument[];
  };
}

export interface ArchivedDocument {
  readonly name: string;
  readonly key: string;
  readonly media_type: string;
  readonly size_bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface ArchiveDeps {
  readonly places: readonly ArchivePlace[];
  /** Besides the data. */
  readonly forms: readonly ReportForm[];
  /** Rejects when it is to be announced again. */
  announce(note: Announcement): Promise<void>;
  /** Once per report: it has been announced. */
  readonly announced: (note: Announcement) => void;
  readonly now: () => Date;
  readonly newId: () => string;
}

export interface ArchivedReport {
  readonly jurisdiction: string | null;
  readonly revision: number;
  readonly documents: readonly ArchivedDocument[];
  readonly announced_at: string;
  /** Whether it was announced by this very call. */
  readonly announced_now: boolean;
}

export interface Archived {
  readonly month: string;
  readonly reports: readonly ArchivedReport[];
  /** Places whose report is not kept or not announced yet: the same call goes on there. */
  readonly failed: readonly { readonly jurisdiction: string | null; readonly failed: string }[];
}

const MAX_ERROR_LENGTH = 300;

/** A month has no more revisions. */
export const MAX_REVISIONS = 100;

export const archiveKey = (month: string, revision: number, name: string): string =>
  `${ARCHIVE_PREFIX}${month}/${revision === 1 ? "" : `revision-${revision}/`}${name}`;

/**
 * Keeps and announces what is not yet, and with `again` a next revision; one place that fails does not
 * keep the others from it.
 */
export const archiveMonth = async (
  deps: ArchiveDeps,
  month: string,
  again = false,
): Promise<Archived> => {
  const reports: ArchivedReport[] = [];
  const failed: Archived["failed"][number][] = [];
  for (const place of deps.places) {
    const jurisdiction = place.name === "" ? null : place.name;
    try {
      const report = await archiveAt(deps, place, month, again);
      if (report !== null) reports.push({ jurisdiction, ...report });
    } catch (error) {
      failed.push({ jurisdiction, failed: String(error).slice(0, MAX_ERROR_LENGTH) });
    }
  }
  return { month, reports, failed };
};

type AtPlace = Omit<ArchivedReport, "jurisdiction">;

const archiveAt = async (
  deps: ArchiveDeps,
  place: ArchivePlace,
  month: string,
  again: boolean,
): Promise<AtPlace | null> => {
  let last: AtPlace | null = null;
  for (let revision = 1; revision <= MAX_REVISIONS; revision += 1) {
    const announced = await announcedAt(place.objects, month, revision);
    if (announced === null) {
      const begun = await place.objects.read(archiveKey(month, revision, DATA));
      const wanted = last === null || again || begun !== null;
      return wanted ? archiveRevision(deps, place, month, revision) : last;
    }
    last = announced;
  }
  throw new Error(`${month} has ${MAX_REVISIONS} revisions: no other is made`);
};

/** What is known of a revision that has been announced; null of any other. */
const announcedAt = async (
  objects: SmallObjects,
  month: string,
  revision: number,
): Promise<AtPlace | null> => {
  const told = await readJson<Told>(objects, archiveKey(month, revision, TOLD));
  const note = await readJson<Announcement>(objects, archiveKey(month, revision, NOTE));
  if (told === null || note === null) return null;
  const { documents } = note.data;
  return { revision, documents, announced_at: told.announced_at, announced_now: false };
};

const archiveRevision = async (
  deps: ArchiveDeps,
  { name, objects, report }: ArchivePlace,
  month: string,
  revision: number,
): Promise<AtPlace | null> => {
  const keyOf = (document: string) => archiveKey(month, revision, document);
  const data = await kept(objects, keyOf(DATA), () => report(month));
  if (data === null) return null;
  const documents = [await described(keyOf(DATA), DATA_FORM, data)];
  for (const form of deps.forms) {
    const render = async () => form.render(JSON.parse(decode(data)) as object);
    const bytes = await kept(objects, keyOf(form.name), render);
    if (bytes !== null) documents.push(await described(keyOf(form.name), form, bytes));
  }
  const note = await kept(objects, keyOf(NOTE), async () => ({
    id: deps.newId(),
    type: "MonthlyReportArchived",
    timestamp: deps.now().toISOString(),
    data: { month, jurisdiction: name === "" ? null : name, revision, documents },
  }));
  if (note === null) throw new Error("an announcement is always made");
  const announcement = JSON.parse(decode(note)) as Announcement;
  await deps.announce(announcement);
  const announced_at = deps.now().toISOString();
  const first = await objects.create(keyOf(TOLD), encode({ announced_at }));
  if (first) deps.announced(announcement);
  const announced = { announced_at, announced_now: first };
  return { revision, documents: announcement.data.documents, ...announced };
};

interface Told {
  readonly announced_at: string;
}

/** What lies there, made and written when nothing does: of several that come at once, one counts. */
const kept = async (
  objects: SmallObjects,
  key: string,
  make: () => Promise<object | string | null>,
): Promise<Uint8Array | null> => {
  const before = await objects.read(key);
  if (before !== null) return before;
  const made = await make();
  if (made === null) return null;
  const bytes = encode(made);
  return (await objects.create(key, bytes)) ? bytes : objects.read(key);
};

const encode = (made: object | string): Uint8Array =>
  new TextEncoder().encode(typeof made === "string" ? made : JSON.stringify(made));

const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const readJson = async <Value>(objects: SmallObjects, key: string): Promise<Value | null> => {
  const bytes = await objects.read(key);
  return bytes === null ? null : (JSON.parse(decode(bytes)) as Value);
};

const described = async (
  key: string,
  { name, media_type }: Pick<ReportForm, "name" | "media_type">,
  bytes: Uint8Array,
): Promise<ArchivedDocument> => {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
  const sha256 = [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return { name, key, media_type, size_bytes: bytes.length, sha256 };
};
