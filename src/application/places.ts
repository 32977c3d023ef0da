/**
 * In which jurisdiction a lake's object is. The platform gives the same name another object in every
 * jurisdiction; so the object of that name in none is the one place that knows, for it holds the
 * lake itself, or the jurisdiction that the lake is in. That is written once, before the lake comes
 * into being, and never changes: one id is one lake, whoever asks for it where. What is known is
 * kept, and costs nothing from the second request on.
 *
 * Outside of its jurisdiction lie a lake's id and the jurisdiction's name, and nothing else of it.
 */
import type { Jurisdiction, LocationHint, Placement } from "../domain/residency.ts";
import { remember } from "./remember.ts";

/** Of a lake: in the very object that was asked, in a jurisdiction, or nowhere yet. */
export type Whereabouts = "here" | "nowhere" | Jurisdiction;

/** The object of a lake's name in no jurisdiction. */
export interface Home {
  whereabouts(): Promise<Whereabouts>;
  /** Puts the lake there, if it is nowhere; the answer is where it is then. */
  claim(jurisdiction: Jurisdiction): Promise<Whereabouts>;
}

/** Where an object is: null is in no jurisdiction. */
export type At = Jurisdiction | null;

export interface Places {
  /** Where to ask for a lake; at once when it is known. One that is nowhere is asked for at home. */
  of(lake_id: string): At | Promise<At>;
  /** Where a new lake is to come into being: where it was asked for, or where it is already. */
  reserve(lake_id: string, placement: Placement): Promise<At>;
}

/** Lakes whose places are kept, in one Worker; the oldest go first. */
const MAX_KNOWN = 10_000;

export const places = (
  homeOf: (lake_id: string, hint: LocationHint | null) => Home,
  max_known = MAX_KNOWN,
): Places => {
  const known = new Map<string, At>();

  const noted = (lake_id: string, found: Whereabouts): At => {
    // It may come into being anywhere: that is not to be remembered.
    if (found === "nowhere") return null;
    const at = found === "here" ? null : found;
    remember(known, lake_id, at, max_known);
    return at;
  };

  return {
    of(lake_id) {
      const at = known.get(lake_id);
      if (at !== undefined) return at;
      const found = homeOf(lake_id, null).whereabouts();
      return found.then((whereabouts) => noted(lake_id, whereabouts));
    },

    async reserve(lake_id, { jurisdiction, location_hint }) {
      const home = homeOf(lake_id, location_hint);
      const found = jurisdiction === null ? home.whereabouts() : home.claim(jurisdiction);
      return noted(lake_id, await found);
    },
  };
};

/** Where the platform has no jurisdictions every lake is at home. */
export const noPlaces: Places = { of: () => null, reserve: async () => null };
