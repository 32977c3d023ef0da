/**
 * A person who exists nowhere else comes into a lake through every entrance and is forgotten:
 * nothing of them is left in any byte that the server has persisted. And where one step of the
 * erasure is left out, they are found: the search would not miss it.
 */
import path from "node:path";
import { describe, expect, inject, test } from "vitest";
import { ENTRANCES } from "../../scripts/support/canary/entrances.ts";
import { type CanaryResult, runCanary } from "../../scripts/support/canary/run.ts";
import { LEFT_OUT, type LeftOut } from "../support/canary/leftOut.ts";

const LIMIT_MS = 5 * 60_000;

describe("the canary", () => {
  test(
    "comes in through every entrance, is seen, and is gone after its erasure",
    async () => {
      const [result] = await runCanary({ from: inject("migrated_state") });
      expect(result?.unseen).toEqual([]);
      expect(result?.before.hits.length).toBeGreaterThan(ENTRANCES.length);
      expect(result?.before.sealed_objects).toBeGreaterThan(0);
      expect(result?.before.sealed_texts.open).toBeGreaterThan(0);
      expect(result?.after.hits).toEqual([]);
      expect(result?.after.files).toBeGreaterThan(10);
      expect(result?.after.sealed_texts.open).toBe(0);
      expect(result?.deletion.status).toBe("completed");
    },
    LIMIT_MS,
  );

  test(
    "is found when any one step of the erasure is left out",
    async () => {
      const steps: readonly (readonly [string, LeftOut])[] = Object.entries(LEFT_OUT);
      const results = await runCanary({
        lakes: steps.map(([lake_id, { through }]) => ({ lake_id, through })),
        from: inject("migrated_state"),
        main: path.resolve(import.meta.dirname, "../support/canary/forgetfulWorker.ts"),
      });
      const places = ({ after }: CanaryResult) => after.hits.map(({ place }) => place);
      const missed = steps.filter(([lake_id, { found }]) => {
        const result = results.find((of) => of.lake_id === lake_id);
        return !result || !places(result).some((place) => found.test(place));
      });
      expect(missed.map(([lake_id]) => lake_id)).toEqual([]);
    },
    LIMIT_MS,
  );
});
