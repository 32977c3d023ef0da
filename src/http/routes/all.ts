/** Every route of the interface; the order is that of the OpenAPI document. */
import type { Route } from "../route.ts";
import { adminRoutes } from "./admin.ts";
import { backgroundWorkRoutes } from "./backgroundWork.ts";
import { batchRoutes } from "./batches.ts";
import { complianceReportRoutes } from "./complianceReports.ts";
import { consumptionRoutes } from "./consumption.ts";
import { contractRoutes, datasetRoutes } from "./datasets.ts";
import { deadlineRoutes } from "./deadlines.ts";
import { deletionRoutes } from "./deletions.ts";
import { fileRoutes } from "./files.ts";
import { importRoutes } from "./import.ts";
import { lakeRoutes } from "./lakes.ts";
import { logRoutes } from "./log.ts";
import { meRoutes } from "./me.ts";
import { memberRoutes } from "./members.ts";
import { operationRoutes } from "./operations.ts";
import { privacyRunRoutes } from "./privacyRuns.ts";
import { proofRoutes } from "./proofs.ts";
import { replayRoutes } from "./replays.ts";
import { reportRoutes } from "./reports.ts";
import { sealedRoutes } from "./sealed.ts";
import { streamRoutes } from "./stream.ts";
import { subjectAccessRoutes } from "./subjectAccess.ts";
import { tokenRoutes } from "./tokens.ts";
import { upkeepRoutes } from "./upkeep.ts";
import { uploadRoutes } from "./uploads.ts";
import { webhookRoutes } from "./webhooks.ts";

export const ROUTES: readonly Route[] = [
  ...lakeRoutes,
  ...meRoutes,
  ...memberRoutes,
  ...tokenRoutes,
  ...datasetRoutes,
  ...contractRoutes,
  ...fileRoutes,
  ...uploadRoutes,
  ...sealedRoutes,
  ...batchRoutes,
  ...consumptionRoutes,
  ...replayRoutes,
  ...privacyRunRoutes,
  ...backgroundWorkRoutes,
  ...logRoutes,
  ...streamRoutes,
  ...proofRoutes,
  ...importRoutes,
  ...deletionRoutes,
  ...subjectAccessRoutes,
  ...deadlineRoutes,
  ...webhookRoutes,
  ...complianceReportRoutes,
  ...reportRoutes,
  ...operationRoutes,
  ...adminRoutes,
  ...upkeepRoutes,
];
