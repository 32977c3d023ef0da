/** How bands of completed erasures, by days between completion and deadline, are called. */
import type { CompletionBand } from "../monthlyReport.ts";
import { many } from "./figures.ts";

/** In a sentence: `7 to 14 days before the deadline`, `more than 14 days late`. */
export const bandName = ({
  days_left_from: from,
  days_left_until: until,
}: CompletionBand): string => {
  if (until === null) return `${many(from ?? 0, "day")} or more before the deadline`;
  if (from === null) return `more than ${many(-until, "day")} late`;
  if (from >= 0) return `${from} to ${many(until, "day")} before the deadline`;
  return until === 0
    ? `up to ${many(-from, "day")} late`
    : `${-until} to ${many(-from, "day")} late`;
};

/** At an axis: `7–14`, `28+`. */
export const bandLabel = ({
  days_left_from: from,
  days_left_until: until,
}: CompletionBand): string => {
  if (until === null) return `${from ?? 0}+`;
  if (from === null) return `${-until}+`;
  return from >= 0 ? `${until}–${from}` : `${-until}–${-from}`;
};

/** Whether its erasures were completed in time. */
export const inTime = ({ days_left_from: from }: CompletionBand): boolean =>
  from !== null && from >= 0;
