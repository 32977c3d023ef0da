/** Reports as texts, by form. */

import { CSV_TYPE } from "../../contracts/csv.ts";
import type { MonthlyReport } from "../monthlyReport.ts";
import { monthlyCsv } from "./monthlyCsv.ts";
import { monthlyPage } from "./monthlyPage.ts";
import { PAGE_TYPE, type ReportDocument } from "./printable.ts";

export const MEDIA_TYPES = { csv: CSV_TYPE, html: PAGE_TYPE } as const;

/** `report` is what the query of the same name gave: as it was made, or as it was kept as JSON. */
export const reportDocuments = {
  monthly: (report: object, form: "csv" | "html"): ReportDocument => {
    const monthly = report as MonthlyReport;
    return form === "csv" ? monthlyCsv(monthly) : monthlyPage(monthly);
  },
};
