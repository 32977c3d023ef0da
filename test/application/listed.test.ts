import { describe, expect, it } from "vitest";
import type { StateOf } from "../../src/application/aggregates.ts";
import { erasureFacts } from "../../src/application/erasureFacts.ts";
import { fitting, listedRecipients } from "../../src/application/listed.ts";
import { isOversized, MAX_EVENT_BYTES } from "../../src/contracts/eventSize.ts";
import { upcast } from "../../src/contracts/events.ts";
import { batchId, deletionId } from "../../src/contracts/fields.ts";
import { runningErasure } from "../../src/domain/deletion/deletion.ts";
import {
  LISTED_BYTES,
  MAX_RECIPIENT_BATCHES,
  type Recipient,
} from "../../src/domain/deletion/facts.ts";
import { append, defineContract, done, registerSales } from "../support/batchSteps.ts";
import { execute } from "../support/erasureSteps.ts";
import fc from "../support/property.ts";
import { START, testLake } from "../support/testLake.ts";

const batches = (count: number) =>
  Array.from({ length: count }, (_, n) => batchId.parse(`daily-${n}-${"x".repeat(20)}`));

const readers = (count: number, batchCount: number, name = "reader"): readonly Recipient[] => {
  const all = batches(batchCount);
  return Array.from({ length: count }, (_, n) => ({
    consumer: `${name}-${n}`,
    batches: all,
    batches_omitted: 0,
    last_at: START,
  }));
};

const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

describe("a list in an event", () => {
  it("is as much of its beginning as there is room for, and the rest is counted", () => {
    const lists = fc.array(fc.string({ unit: "grapheme" }));
    fc.assert(
      fc.property(lists, fc.nat(300), (items, room) => {
        const { listed, omitted } = fitting(items, room);
        expect(listed).toEqual(items.slice(0, items.length - omitted));
        expect(listed.length === 0 ? 0 : bytesOf(listed)).toBeLessThanOrEqual(room + 1);
        if (omitted > 0) {
          expect(bytesOf(items.slice(0, listed.length + 1))).toBeGreaterThan(room);
        }
      }),
    );
  });

  it("has its part of what an event may take, and all of them leave room for the rest", () => {
    const taken = Object.values(LISTED_BYTES).reduce((sum, bytes) => sum + bytes, 0);
    // A hundred datasets that are withheld, texts and counts.
    expect(taken + 150_000).toBeLessThan(MAX_EVENT_BYTES);
  });
});

describe("the recipients of an erasure", () => {
  it("are named with all of their batches as long as these are few", () => {
    const few = readers(3, 2);
    expect(listedRecipients(few)).toEqual({ listed: few, omitted: 0 });
  });

  it("are all named before any batch of theirs is", () => {
    const { listed, omitted } = listedRecipients(readers(1_000, 300));
    expect(omitted).toBe(0);
    expect(listed).toHaveLength(1_000);
    expect(bytesOf(listed)).toBeLessThanOrEqual(LISTED_BYTES.recipients + 2);
    for (const { batches: some, batches_omitted } of listed) {
      expect(some.length).toBeGreaterThan(0);
      expect(some.length + batches_omitted).toBe(300);
    }
  });

  it("have no more than a hundred batches each, and are no more than there is room for", () => {
    expect(listedRecipients(readers(2, 300)).listed.map((each) => each.batches.length)).toEqual([
      MAX_RECIPIENT_BATCHES,
      MAX_RECIPIENT_BATCHES,
    ]);
    const { listed, omitted } = listedRecipients(readers(1_200, 300, "é".repeat(250)));
    expect(listed.length + omitted).toBe(1_200);
    expect(bytesOf(listed)).toBeLessThanOrEqual(LISTED_BYTES.recipients + 2);
    expect(listed.at(-1)).toMatchObject({ batches: [], batches_omitted: 300 });
  });
});

describe("what an erasure came to", () => {
  it("fits into one event, however many were given the person's data", () => {
    const lake = testLake({ level: "gdpr" });
    registerSales(lake, { subject_column: "email" });
    defineContract(lake);
    done(append(lake, "b1"));
    const about = { subject_id: "jane", reason: "please", requested_by: "petra" };
    const said = { ...about, identity_verified: null, received_at: null };
    const asked = lake.run({ type: "RequestDeletion", ...said });
    const id = deletionId.parse((asked.body.deletion as { deletion_id: string }).deletion_id);
    lake.run(execute(id));
    const deletion = lake.log.load(`deletion/${id}`).state as StateOf<"deletion">;
    const erasure = runningErasure(deletion);
    if (deletion.status === "absent" || erasure === null) throw new Error("it is not running");
    // 300 readers of 300 batches: more than 2 MB, were all of them named.
    const given = readers(300, 300);
    expect(bytesOf(given)).toBeGreaterThan(2_000_000);
    const facts = erasureFacts(lake.log, deletion, erasure, lake.now(), given);
    expect(isOversized(JSON.stringify(facts))).toBe(false);
    expect(facts.recipients.map(({ consumer }) => consumer)).toEqual(
      given.map(({ consumer }) => consumer),
    );
  });

  it("says of what was recorded before that nothing was left out", () => {
    const before = { lost_files: [], recipients: [{ consumer: "alice", batches: ["b1"] }] };
    const named = [{ consumer: "alice", batches: ["b1"], batches_omitted: 0 }];
    expect(upcast("GDPRDeletionCompleted", 2, before)).toEqual({
      lost_files: [],
      recipients: named,
      omitted: {
        destroyed: 0,
        lost_files: 0,
        unreadable_datasets: 0,
        transformed: 0,
        held_elsewhere: 0,
        not_searched: 0,
      },
    });
    const told = { recipients: before.recipients, omitted: 4 };
    expect(upcast("RecipientsNamed", 1, told)).toEqual({ recipients: named, omitted: 4 });
  });
});
