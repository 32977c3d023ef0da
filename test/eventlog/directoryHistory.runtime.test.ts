/** The directory's past, held at every event against a fold of the log up to there. */
import { describe, expect, test } from "vitest";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { append, newLake } from "../support/lakeClient.ts";
import { listedAfter } from "../support/listedAfter.ts";

const byName = (entries: readonly { readonly kind: string; readonly id: string }[]) =>
  [...entries].sort((a, b) => (`${a.kind}/${a.id}` < `${b.kind}/${b.id}` ? -1 : 1));

describe("the directory as of any event", () => {
  test("is what folding the log up to there gives, in the middle of a command too", async () => {
    const lake = await newLake("gdpr");
    const schema = { id: "int", amount: "float" };
    await lake.done("/datasets", { name: "sales", schema, contains_pii: true });
    await lake.done("/contracts", { dataset: "sales", contract_id: "c1", retention_days: 1 });
    await append(lake, "good");
    await lake.done("/run-privacy", { batch_id: "good", privacy_rules: { id: "hash" } });
    await lake.done("/publish-batch", { batch_id: "good" });
    await lake.done("/quarantine-batch", { batch_id: "good", reason: "a doubt" });
    await lake.done("/release-batch", { batch_id: "good", reason: "dispelled" });
    await lake.done("/deletions", {
      subject_id: "somebody",
      reason: "asked",
      requested_by: "support",
      received_at: "2026-01-31T10:00:00Z",
      // Else it would be carried out at once, being late.
      identity_verified: false,
    });
    await lake.ring();
    await lake.inside((_, { storage }) => {
      const log = eventLog(storage);
      const events = log.read({ after: 0, limit: 1000 });
      expect(events.at(-1)?.type).toBe("GDPRDeletionOverdue");
      for (let seq = 0; seq <= events.length; seq += 1) {
        const past = byName(log.directory.asOf(seq));
        expect([seq, past]).toEqual([seq, byName(listedAfter(events.slice(0, seq)))]);
      }
    });
  });
});
