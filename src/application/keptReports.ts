/** The archive of monthly reports, as it is read. */
import { ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import {
  ARCHIVE_PREFIX,
  type ArchivePlace,
  archiveKey,
  DATA_FORM,
  type ReportForm,
} from "./monthlyArchive.ts";

export interface KeptReport {
  readonly month: string;
  readonly jurisdiction: string | null;
  /** Names of its documents, sorted. */
  readonly documents: readonly string[];
}

export interface KeptDocument {
  readonly media_type: string;
  readonly bytes: Uint8Array;
}

type Places = readonly Pick<ArchivePlace, "name" | "objects">[];
type Forms = readonly Pick<ReportForm, "name" | "media_type">[];

export interface KeptReports {
  /** The latest month first; behind `cursor`, which is of the page before. */
  list(page: { readonly limit: number; readonly cursor: string | null }): Promise<{
    readonly items: readonly KeptReport[];
    readonly next_cursor: string | null;
  }>;
  read(
    month: string,
    name: string,
    jurisdiction: string | null,
  ): Promise<Result<KeptDocument, Rejection>>;
}

/** Months come as they sort, latest first, and within a month those in no jurisdiction first. */
const keyOf = ({ month, jurisdiction }: KeptReport): string => `${month}.${jurisdiction ?? ""}`;

const isBehind = (report: KeptReport, cursor: string): boolean => {
  const [month = "", jurisdiction = ""] = cursor.split(".");
  if (report.month !== month) return report.month < month;
  return (report.jurisdiction ?? "") > jurisdiction;
};

export const keptReports = (places: Places, others: Forms): KeptReports => {
  const forms = [DATA_FORM, ...others];

  const all = async (): Promise<readonly KeptReport[]> => {
    const found: KeptReport[] = [];
    for (const { name, objects } of places) {
      const jurisdiction = name === "" ? null : name;
      const months = new Map<string, string[]>();
      for await (const key of objects.list(ARCHIVE_PREFIX)) {
        const [month = "", document = ""] = key.slice(ARCHIVE_PREFIX.length).split("/");
        if (!forms.some((form) => form.name === document)) continue;
        months.set(month, [...(months.get(month) ?? []), document]);
      }
      for (const [month, documents] of months) {
        found.push({ month, jurisdiction, documents: documents.sort() });
      }
    }
    return found.sort((a, b) => (isBehind(a, keyOf(b)) ? 1 : -1));
  };

  return {
    async list({ limit, cursor }) {
      const rest = (await all()).filter((report) => cursor === null || isBehind(report, cursor));
      const items = rest.slice(0, limit);
      const last = items.at(-1);
      const more = rest.length > items.length && last !== undefined;
      return { items, next_cursor: more ? keyOf(last) : null };
    },

    async read(month, name, jurisdiction) {
      const form = forms.find((each) => each.name === name);
      const place = places.find((each) => each.name === (jurisdiction ?? ""));
      const bytes = form && place ? await place.objects.read(archiveKey(month, name)) : null;
      if (!form || bytes === null) {
        const where = jurisdiction === null ? "" : ` of the jurisdiction ${jurisdiction}`;
        const detail = `There is no ${name} of ${month} in the archive${where}.`;
        return reject("not_found", "report-not-archived", detail);
      }
      return ok({ media_type: form.media_type, bytes });
    },
  };
};
