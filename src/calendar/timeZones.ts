/** The clocks of places, kept for whoever asks next. */
import { localOffset } from "../application/localOffset.ts";

const CLOCKS = new Map<string, (millis: number) => number>();

/** Zones whose clock is kept: more than a lake's and a few that are asked about. */
const MAX_CLOCKS = 64;

const clockOf = (time_zone: string): ((millis: number) => number) => {
  const known = CLOCKS.get(time_zone);
  if (known) return known;
  const clock = localOffset(time_zone);
  if (CLOCKS.size >= MAX_CLOCKS) CLOCKS.clear();
  CLOCKS.set(time_zone, clock);
  return clock;
};

/** Local time less UTC at a moment, in milliseconds. Throws a RangeError for a zone nobody has. */
export const offsetAt = (time_zone: string, at: Date): number => clockOf(time_zone)(at.getTime());
