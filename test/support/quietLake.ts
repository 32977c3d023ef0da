/** The status of a lake that owes nothing. */
import type { LakeStatus } from "../../src/application/lakeStatus.ts";

export const QUIET: LakeStatus = {
  events: 3,
  behind_since: null,
  next_due_at: null,
  locked: false,
  duties_parked: 0,
  webhooks_pending: 0,
  webhooks_pending_since: null,
  webhooks_parked: 0,
};
