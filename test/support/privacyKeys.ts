/** A key for each purpose that can be told from all others, and from those of another seed. */
import type { PrivacyKeys } from "../../src/application/dataPorts.ts";

export const privacyKeys = (seed = 0): PrivacyKeys => {
  const key = (purpose: number) => new Uint8Array(32).fill(seed + purpose);
  return {
    hash: key(1),
    token: key(2),
    pseudonym: key(3),
    noise: key(4),
    date_shift: key(5),
    unique: key(6),
  };
};
