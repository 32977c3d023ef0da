/**
 * Every page of the console. A page is one file in `pages/` that exports a `Page`; listed here it has
 * its address, and its place in the navigation if it names one.
 */
import type { ComponentType } from "preact";
import type { PageProps } from "./context.ts";
import { accessByDayPage } from "./pages/accessByDay.tsx";
import { accessLogPage } from "./pages/accessLog.tsx";
import { batchPage } from "./pages/batch.tsx";
import { batchesPage } from "./pages/batches.tsx";
import { certificatePage } from "./pages/certificate.tsx";
import { checkCertificatePage } from "./pages/checkCertificate.tsx";
import { compliancePage } from "./pages/compliance.tsx";
import { consumePage } from "./pages/consume.tsx";
import { consumeDatasetPage } from "./pages/consumeDataset.tsx";
import { contractPage } from "./pages/contract.tsx";
import { contractsPage } from "./pages/contracts.tsx";
import { datasetPage } from "./pages/dataset.tsx";
import { datasetsPage } from "./pages/datasets.tsx";
import { deadlinesPage } from "./pages/deadlines.tsx";
import { deletionPage } from "./pages/deletion.tsx";
import { deletionsPage } from "./pages/deletions.tsx";
import { eventPage } from "./pages/event.tsx";
import { eventsPage } from "./pages/events.tsx";
import { lakesPage } from "./pages/lakes.tsx";
import { logPage } from "./pages/log.tsx";
import { membersPage } from "./pages/members.tsx";
import { monthlyReportPage } from "./pages/monthlyReport.tsx";
import { newBatchPage } from "./pages/newBatch.tsx";
import { editContractPage, newContractPage } from "./pages/newContract.tsx";
import { newDatasetPage } from "./pages/newDataset.tsx";
import { newDeletionPage } from "./pages/newDeletion.tsx";
import { newLakePage } from "./pages/newLake.tsx";
import { newSubjectAccessPage } from "./pages/newSubjectAccess.tsx";
import { operationsPage } from "./pages/operations.tsx";
import { overviewPage } from "./pages/overview.tsx";
import { pendingDeletionsPage } from "./pages/pendingDeletions.tsx";
import { subjectAccessPage } from "./pages/subjectAccess.tsx";
import { subjectAccessesPage } from "./pages/subjectAccesses.tsx";
import { tokensPage } from "./pages/tokens.tsx";
import { webhookPage } from "./pages/webhook.tsx";
import { webhooksPage } from "./pages/webhooks.tsx";

/** In the order in which the navigation shows them. */
export const GROUPS = [
  "Lake",
  "Data",
  "People",
  "Evidence",
  "Administration",
  "All lakes",
] as const;

export interface Page {
  /** Below the lake, or below the console, such as `/datasets/:name`. */
  readonly path: string;
  readonly scope: "lake" | "platform";
  readonly view: ComponentType<PageProps>;
  /** Where the navigation leads to it; left out on pages that others lead to. */
  readonly nav?: { readonly group: (typeof GROUPS)[number]; readonly label: string };
}

export const PAGES: readonly Page[] = [
  overviewPage,
  compliancePage,
  datasetsPage,
  datasetPage,
  newDatasetPage,
  contractsPage,
  contractPage,
  newContractPage,
  editContractPage,
  batchesPage,
  batchPage,
  newBatchPage,
  consumePage,
  consumeDatasetPage,
  deletionsPage,
  deletionPage,
  certificatePage,
  newDeletionPage,
  subjectAccessesPage,
  subjectAccessPage,
  newSubjectAccessPage,
  eventsPage,
  eventPage,
  logPage,
  accessLogPage,
  checkCertificatePage,
  membersPage,
  tokensPage,
  webhooksPage,
  webhookPage,
  lakesPage,
  newLakePage,
  deadlinesPage,
  pendingDeletionsPage,
  monthlyReportPage,
  accessByDayPage,
  operationsPage,
];
