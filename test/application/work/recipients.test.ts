import { describe, expect, it } from "vitest";
import type { Call, LakeGateway } from "../../../src/application/lakeGateway.ts";
import type { StoredEvent } from "../../../src/application/ports.ts";
import { recipientsOf } from "../../../src/application/work/recipients.ts";
import { datasetName } from "../../../src/contracts/fields.ts";
import { ok } from "../../../src/domain/decider.ts";
import { A, B } from "../../support/erasureSpecs.ts";
import { SALES } from "../../support/facts.ts";

const OTHER = datasetName.parse("other");

interface Access {
  readonly who: string;
  readonly dataset: string | null;
  readonly object: string | null;
  readonly action?: string;
}

/** The lines of those who had these accesses, one a page. */
const linesOf = async (...accesses: readonly Access[]) => {
  const events = accesses.map(({ who, dataset, object, action = "read" }, at) => ({
    seq: at + 1,
    recorded_at: `2026-11-0${at + 1}T00:00:00.000Z`,
    data: { accessor_id: who, dataset_id: dataset, action, object, purpose: `p${at}` },
  }));
  const asked: unknown[] = [];
  const lake = {
    ask: async (_: Call, question: Parameters<LakeGateway["ask"]>[1]) => {
      asked.push(question);
      const { after } = (question as { filter: { after: number } }).filter;
      const items = events.slice(after, after + 1) as unknown as readonly StoredEvent[];
      return ok({ kind: "events", items, next: items.length === 0 ? null : after + 1 });
    },
  } as unknown as Pick<LakeGateway, "ask">;
  const sources = [
    { dataset: SALES, batches: [A], files: ["in/a.csv"], since: "2026-11-01T00:00:00.000Z" },
    { dataset: OTHER, batches: [B], files: ["b.csv"], since: "2026-11-03T00:00:00.000Z" },
  ];
  const found = await recipientsOf(lake, {} as Call, sources);
  if (!found.ok) throw new Error(found.error.detail);
  expect(asked).toHaveLength(accesses.length + 1);
  return found.value.map(({ recipient, dataset, accesses: times }) => [recipient, dataset, times]);
};

describe("those who were given data of batches", () => {
  it("consumed one, opened its rejected rows, downloaded its file or read the dataset elsewhere", async () => {
    expect(
      await linesOf(
        { who: "alice", dataset: SALES, object: "batch/a" },
        { who: "quentin", dataset: SALES, object: "batches/a/quarantine.jsonl" },
        { who: "dora", dataset: null, object: "in/a.csv" },
        { who: "rita", dataset: OTHER, object: null, action: "query" },
      ),
    ).toEqual([
      ["alice", SALES, 1],
      ["quentin", SALES, 1],
      ["dora", SALES, 1],
      ["rita", OTHER, 1],
    ]);
  });

  it("are named once for each dataset, with how often it was", async () => {
    expect(
      await linesOf(
        { who: "alice", dataset: SALES, object: "batch/a" },
        { who: "alice", dataset: null, object: "b.csv" },
        { who: "alice", dataset: SALES, object: "batch/a" },
      ),
    ).toEqual([
      ["alice", SALES, 2],
      ["alice", OTHER, 1],
    ]);
  });

  it("are none who read the dataset before the first of them was in it", async () => {
    expect(
      await linesOf(
        { who: "early", dataset: OTHER, object: null },
        { who: "dora", dataset: null, object: "b.csv" },
        { who: "late", dataset: OTHER, object: null },
      ),
    ).toEqual([
      ["dora", OTHER, 1],
      ["late", OTHER, 1],
    ]);
  });

  it("are none who were given something else, or wrote", async () => {
    expect(
      await linesOf(
        { who: "bob", dataset: SALES, object: "batch/c" },
        { who: "bob", dataset: null, object: "a.csv" },
        { who: "bob", dataset: null, object: "deletion/a" },
        { who: "bob", dataset: SALES, object: null, action: "write" },
        { who: "bob", dataset: "third", object: null },
      ),
    ).toEqual([]);
  });
});
