import { describe, expect, it } from "vitest";
import type { CloudEvent } from "../../src/console/client/api/types.ts";
import { moment } from "../../src/console/client/format.ts";
import {
  chaptersOf,
  dueFirst,
  EXCEPTIONS,
  HOLD_GROUNDS,
  isOwed,
  REFUSAL_GROUNDS,
  REJECT_GROUNDS,
  recipientsOf,
  storyOf,
} from "../../src/console/client/requests.ts";
import {
  executeDeletion,
  holdDeletion,
  rejectAccess,
  rejectDeletion,
} from "../../src/contracts/bodies.ts";
import { REQUEST_SHAPES } from "../../src/contracts/requestShapes.ts";
import { DELETION_STATUSES, OPEN_STATUSES } from "../../src/domain/deletion/deletion.ts";

const named = (options: readonly (readonly [string, string])[]) =>
  options.map(([value]) => value).filter((value) => value !== "");

let seq = 0;
const event = (type: string, data: Record<string, unknown> = {}): CloudEvent => {
  seq += 1;
  return {
    id: `id-${seq}`,
    type,
    subject: "deletion/d",
    time: "2026-11-29T12:00:00.000Z",
    sequence: seq,
    streamversion: seq,
    schemaversion: 1,
    actor: "olga",
    correlationid: "c",
    data,
  };
};

describe("the grounds that a decision is offered", () => {
  it("are all those that Lethe takes for it, and no others", () => {
    for (const [body, options] of [
      [holdDeletion, HOLD_GROUNDS],
      [rejectDeletion, REJECT_GROUNDS],
      [rejectAccess, REFUSAL_GROUNDS],
    ] as const) {
      const taken = [...REJECT_GROUNDS, ...HOLD_GROUNDS].filter(
        ([ground]) => body.safeParse({ reason: "r", ground }).success,
      );
      expect(new Set(named(options))).toEqual(new Set(named(taken)));
    }
    for (const ground of named(EXCEPTIONS)) {
      const withhold = [{ dataset: "people", ground, until: "2030-01-01T00:00:00.000Z" }];
      expect(executeDeletion.safeParse({ withhold }).success).toBe(true);
    }
  });
});

describe("requests", () => {
  it("are owed an answer in the very statuses in which Lethe says so", () => {
    const owed = DELETION_STATUSES.filter((status) => isOwed({ status }));
    expect(new Set(owed)).toEqual(new Set(OPEN_STATUSES));
  });

  it("stand with the first due at the top, and by what the law asks for where that is the same", () => {
    const of = (id: string, deadline: string, statutory_deadline: string) => ({
      id,
      deadline,
      statutory_deadline,
    });
    const given = [
      of("late", "2026-12-03", "x"),
      of("b", "2026-12-01", "2"),
      of("a", "2026-12-01", "1"),
    ];
    expect(dueFirst(given).map(({ id }) => id)).toEqual(["a", "b", "late"]);
  });

  it("are dated by the reader's clock as it is typed", () => {
    expect(moment("2026-11-29T12:00")).toBe(new Date("2026-11-29T12:00").toISOString());
    expect(moment("soon")).toBe("soon");
  });
});

describe("the story of a request", () => {
  it("has words of its own for every event that a request can have", () => {
    const steps = ["GDPRDeletionProgressed", "SubjectAccessSearched", "SubjectAccessCollected"];
    for (const type of Object.keys(REQUEST_SHAPES)) {
      if (steps.includes(type)) continue;
      expect(storyOf({ type, data: {} }), type).not.toMatch(/gdprdeletion|subject access/);
    }
    expect(storyOf({ type: "SomethingNew", data: {} })).toBe("something new");
  });

  it("says what was decided, on which ground and until when", () => {
    const deadline = "2026-12-29T22:59:59.999Z";
    for (const [type, data, said] of [
      ["GDPRDeletionRequested", { deadline }, "Recorded, due 2026-12-29 22:59:59 UTC"],
      ["GDPRDeletionRejected", { ground: null }, "Rejected"],
      [
        "GDPRDeletionHeld",
        { ground: "Art. 17(3)(e)", until: deadline },
        "Put on hold on Art. 17(3)(e), until 2026-12-29 22:59:59 UTC",
      ],
      [
        "GDPRDeletionStarted",
        { cause: "deadline", resumed: false, remainder: false },
        "The erasure began by itself, as its deadline is near",
      ],
      ["GDPRDeletionCompleted", { rows_removed: 1 }, "Erased: 1 row removed"],
      ["SubjectAccessCompleted", { file: {} }, "Collected: the file is ready"],
      ["RecipientsNamed", { recipients: [{}], omitted: 2 }, "3 recipients named, to be told"],
    ] as const) {
      expect(storyOf({ type, data })).toBe(said);
    }
  });

  it("tells work step by step in one line, which leads to the last of it", () => {
    const [begun, one, two, done] = [
      event("GDPRDeletionStarted"),
      event("GDPRDeletionProgressed"),
      event("GDPRDeletionProgressed"),
      event("GDPRDeletionCompleted", { rows_removed: 2 }),
    ];
    expect(chaptersOf([begun, one, two, done]).map((line) => [line.seq, line.said])).toEqual([
      [begun.sequence, "The erasure began"],
      [two.sequence, "2 steps of the work"],
      [done.sequence, "Erased: 2 rows removed"],
    ]);
  });

  it("names those who are to be told, as it was last said", () => {
    const alice = { consumer: "alice", batches: ["b"], batches_omitted: 0, last_at: "x" };
    expect(recipientsOf([event("GDPRDeletionStarted")])).toBeNull();
    const told = [
      event("RecipientsNamed", { recipients: [], omitted: 0 }),
      event("RecipientsNamed", { recipients: [alice], omitted: 1 }),
    ];
    expect(recipientsOf(told)).toEqual({ recipients: [alice], omitted: 1 });
  });
});
