/** Reports as texts, by form. */

import { CSV_TYPE } from "../../contracts/csv.ts";
import type { MonthlyReport } from "../monthlyReport.ts";
import type { ProcessingRecord } from "../processingRecord.ts";
import { monthlyCsv } from "./monthlyCsv.ts";
import { monthlyPage } from "./monthlyPage.ts";
import { PAGE_TYPE, type ReportDocument } from "./printable.ts";
import { recordCsv } from "./recordCsv.ts";
import { recordPage } from "./recordPage.ts";

export const MEDIA_TYPES = { csv: CSV_TYPE, html: PAGE_TYPE } as const;

/** `report` is what the query of the same name gave: as it was made, or as it was kept as JSON. */
export const reportDocuments = {
  monthly: (report: object, form: "csv" | "html"): ReportDocument => {
    const monthly = report as MonthlyReport;
    return form === "csv" ? monthlyCsv(monthly) : monthlyPage(monthly);
  },
  processingRecord: (record: object, form: "csv" | "html"): ReportDocument => {
    const processing = record as ProcessingRecord;
    return form === "csv" ? recordCsv(processing) : recordPage(processing);
  },
};
