/** The archive of monthly reports, as it is read. */
import { ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import {
  ARCHIVE_PREFIX,
  type ArchivePlace,
  archiveKey,
  DATA_FORM,
  MAX_REVISIONS,
  type ReportForm,
} from "./monthlyArchive.ts";

export interface KeptReport {
  readonly month: string;
  readonly jurisdiction: string | null;
  /** From 1; the highest is the one that counts. */
  readonly revision: number;
  /** Names of its documents, sorted. */
  readonly documents: readonly string[];
}

export interface KeptPage {
  readonly items: readonly KeptReport[];
  readonly next_cursor: string | null;
}

export interface KeptDocument {
  readonly media_type: string;
  readonly bytes: Uint8Array;
}

type Places = readonly Pick<ArchivePlace, "name" | "objects">[];
type Forms = readonly Pick<ReportForm, "name" | "media_type">[];

export interface KeptReports {
  /**
   * The latest month first, and of a report the latest revision; behind `cursor`, which is of the page
   * before. Another is `invalid`.
   */
  list(page: {
    readonly limit: number;
    readonly cursor: string | null;
  }): Promise<Result<KeptPage, Rejection>>;
  read(
    month: string,
    name: string,
    jurisdiction: string | null,
    /** Null: the latest that has it. */
    revision: number | null,
  ): Promise<Result<KeptDocument, Rejection>>;
}

/** Months come as they sort, latest first, within a month those in no jurisdiction first. */
const keyOf = ({ month, jurisdiction, revision }: Omit<KeptReport, "documents">): string =>
  `${month}.${jurisdiction ?? ""}.${revision}`;

/** As `keyOf` makes them. */
const CURSOR = /^\d{4}-\d{2}\.[a-z]*\.[1-9]\d{0,3}$/;

const isBehind = (report: Omit<KeptReport, "documents">, cursor: string): boolean => {
  const [month = "", jurisdiction = "", revision = ""] = cursor.split(".");
  if (report.month !== month) return report.month < month;
  const own = report.jurisdiction ?? "";
  return own === jurisdiction ? report.revision < Number(revision) : own > jurisdiction;
};

/** Month, revision and document of a key below the prefix. */
const PATH = /^([^/]+)\/(?:revision-(\d+)\/)?([^/]+)$/;

export const keptReports = (places: Places, others: Forms): KeptReports => {
  const forms = [DATA_FORM, ...others];

  const everything = async (): Promise<readonly KeptReport[]> => {
    const all: KeptReport[] = [];
    for (const { name, objects } of places) {
      const jurisdiction = name === "" ? null : name;
      const reports = new Map<string, { month: string; revision: number; documents: string[] }>();
      for await (const key of objects.list(ARCHIVE_PREFIX)) {
        const path = PATH.exec(key.slice(ARCHIVE_PREFIX.length)) ?? [];
        const [, month = "", revision = "1", document = ""] = path;
        if (!forms.some((form) => form.name === document)) continue;
        const known = reports.get(`${month}.${revision}`)?.documents ?? [];
        const documents = [...known, document].sort();
        reports.set(`${month}.${revision}`, { month, revision: Number(revision), documents });
      }
      for (const report of reports.values()) all.push({ ...report, jurisdiction });
    }
    return all.sort((a, b) => (isBehind(a, keyOf(b)) ? 1 : -1));
  };

  /** Of the revision, or of the last in a row that has it. */
  const found = async (
    objects: ArchivePlace["objects"],
    month: string,
    name: string,
    revision: number | null,
  ): Promise<Uint8Array | null> => {
    if (revision !== null) return objects.read(archiveKey(month, revision, name));
    let bytes: Uint8Array | null = null;
    for (let next = 1; next <= MAX_REVISIONS; next += 1) {
      const later = await objects.read(archiveKey(month, next, name));
      if (later === null) break;
      bytes = later;
    }
    return bytes;
  };

  return {
    async list({ limit, cursor }) {
      if (cursor !== null && !CURSOR.test(cursor)) {
        return reject("invalid", "bad-cursor", "The cursor is none that a list has given.", [
          { path: "cursor", message: "take it from next_cursor, unchanged" },
        ]);
      }
      const rest = (await everything()).filter(
        (report) => cursor === null || isBehind(report, cursor),
      );
      const items = rest.slice(0, limit);
      const last = items.at(-1);
      const more = rest.length > items.length && last !== undefined;
      return ok({ items, next_cursor: more ? keyOf(last) : null });
    },

    async read(month, name, jurisdiction, revision) {
      const form = forms.find((each) => each.name === name);
      const place = places.find((each) => each.name === (jurisdiction ?? ""));
      const bytes = form && place ? await found(place.objects, month, name, revision) : null;
      if (!form || bytes === null) {
        const where = jurisdiction === null ? "" : ` of the jurisdiction ${jurisdiction}`;
        const detail = `There is no ${name} of ${month} in the archive${where}.`;
        return reject("not_found", "report-not-archived", detail);
      }
      return ok({ media_type: form.media_type, bytes });
    },
  };
};
