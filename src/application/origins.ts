/** What follows from a duty is told to belong to what set the duty in motion. */
import type { Duty, PendingDuty } from "./ports.ts";

/** What set a duty in motion. */
export interface Origin {
  readonly correlation_id: string;
  readonly causation_id: string;
}

export const originOf = ({ payload }: PendingDuty): Origin => ({
  correlation_id: String(payload.correlation_id),
  causation_id: String(payload.causation_id),
});

/**
 * What an event sets in motion carries on its correlation and names it as its cause; what
 * the clock sets in motion begins one.
 */
export const causeOf = ({ payload }: Duty, newId: () => string) => {
  const { correlation_id, causation_id } = payload;
  return {
    correlation_id: typeof correlation_id === "string" ? correlation_id : newId(),
    causation_id: typeof causation_id === "string" ? causation_id : null,
  };
};
