/**
 * How often one caller, one address and one lake are served. Each counter refuses for itself, so that
 * nobody uses up what is another's: who cannot be told apart is counted by address, and a lake
 * counts those who are known apart from everybody else, who could be anybody.
 */

import { createHash } from "node:crypto";
import { say } from "../application/logging.ts";
import type { Identity } from "./auth/identify.ts";
import { HttpProblem } from "./problem.ts";

/** Seconds that requests are counted over; the platform has 10 and 60. */
export const RATE_PERIOD_S = 10;
export const CALLER_REQUESTS = 1_000;
export const ADDRESS_REQUESTS = 3_000;
export const LAKE_REQUESTS = 6_000;

/** As the platform's rate-limit binding has it; counts are those of one of its locations. */
export interface RateCounter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

export interface RateCounters {
  readonly caller: RateCounter;
  readonly address: RateCounter;
  readonly lake: RateCounter;
}

export interface RateLimits {
  /** Throws 429 when too much has come from there. */
  fromAddress(address: string): Promise<void>;
  /** Throws 429 when the caller has asked too often, or the lake was asked too often. */
  admit(identity: Identity, address: string, lake_id: string): Promise<void>;
}

export const rateLimits = (counters: RateCounters): RateLimits => {
  const fromAddress = (address: string) =>
    count(counters.address, `address/${networkOf(address)}`, "This address");
  const byLake = (lake_id: string, whom: string) =>
    lake_id === "" ? done : count(counters.lake, `lake/${lake_id}/${whom}`, "This lake");
  return {
    fromAddress,
    async admit(identity, address, lake_id) {
      switch (identity.kind) {
        case "local":
          return;
        case "person":
          await count(counters.caller, `person/${identity.subject}`, "This caller");
          return byLake(lake_id, "persons");
        case "token":
          // Whether there is such a token only the lake can tell: anybody can make one up.
          await fromAddress(address);
          await count(counters.caller, `token/${digestOf(identity)}`, "This token");
          return byLake(lake_id, "tokens");
        case "scraper":
        case "nobody":
          await fromAddress(address);
          return byLake(lake_id, "anyone");
        default:
          return identity satisfies never;
      }
    },
  };
};

const done = Promise.resolve();

const count = async (counter: RateCounter, key: string, who: string): Promise<void> => {
  let counted: { readonly success: boolean };
  try {
    counted = await counter.limit({ key });
  } catch (error) {
    if (error instanceof HttpProblem) throw error;
    // Counting is for everybody's sake: where it fails, everybody is served.
    say("error", "requests are not counted", { error });
    return;
  }
  if (counted.success) return;
  throw new HttpProblem(
    {
      status: 429,
      code: "too-many-requests",
      detail: `${who} has asked too often: ask again in ${RATE_PERIOD_S} seconds.`,
    },
    { "Retry-After": String(RATE_PERIOD_S) },
  );
};

/** Of id and secret: who has learnt an id alone uses up nothing of the token's. */
const digestOf = ({ token_id, secret }: Extract<Identity, { kind: "token" }>): string =>
  createHash("sha256").update(`${token_id} ${secret}`).digest("hex");

/** Who has one address of the sixth version has all of its first 64 bits. */
const networkOf = (address: string): string => {
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === "" ? [] : tail.split(":");
  const groups = address.includes("::")
    ? [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right]
    : left;
  return groups.slice(0, 4).join(":").toLowerCase();
};
