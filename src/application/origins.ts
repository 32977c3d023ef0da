/** What follows from a duty is told to belong to what set the duty in motion. */
import type { PendingDuty } from "./ports.ts";

/** What set a duty in motion. */
export interface Origin {
  readonly correlation_id: string;
  readonly causation_id: string;
}

export const originOf = ({ payload }: PendingDuty): Origin => ({
  correlation_id: String(payload.correlation_id),
  causation_id: String(payload.causation_id),
});
