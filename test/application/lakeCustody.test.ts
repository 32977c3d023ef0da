import { describe, expect, it } from "vitest";
import { lakeCustody } from "../../src/application/lakeCustody.ts";
import {
  checkpointKey,
  erasureKey,
  erasureNoteKey,
  revocationKey,
} from "../../src/application/objectKeys.ts";
import { memorySmallObjects } from "../support/memorySmallObjects.ts";
import { LAKE, testLake } from "../support/testLake.ts";

const MANY = 3_000;

/** A lake, what it keeps outside, and what it asks the object store for. */
const keptLake = () => {
  const lake = testLake({ level: "gdpr" });
  for (let n = 0; n < 10; n += 1) {
    lake.run({ type: "GrantMember", subject: `ann-${n}`, roles: ["analyst"] });
  }
  const objects = memorySmallObjects();
  const asked = { lists: 0, names: 0, reads: 0 };
  let known: number | null = null;
  const keeping = lakeCustody({
    log: lake.log,
    service: lake.service,
    objects: {
      ...objects,
      async *list(prefix, after) {
        asked.lists += 1;
        for await (const key of objects.list(prefix, after)) {
          asked.names += 1;
          yield key;
        }
      },
      read: (key) => {
        asked.reads += 1;
        return objects.read(key);
      },
    },
    tree: { size: () => lake.log.head(), root: () => new Uint8Array(32) },
    looked: {
      upTo: () => known,
      note: (seq) => {
        known = seq;
      },
    },
    now: () => new Date(lake.now()),
  });
  const owed = () => lake.log.duties().some(({ kind }) => kind === "reapply_erasures");
  /** What one start asks for. */
  const start = async () => {
    Object.assign(asked, { lists: 0, names: 0, reads: 0 });
    await keeping.atStart(LAKE);
    return { ...asked };
  };
  return { lake, objects, start, owed, looked: () => known };
};

const uuid = (n: number): string => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

describe("a lake that comes into memory", () => {
  it("looks for what its database cannot know, however much there is of what it knows", async () => {
    const { lake, objects, start, owed, looked } = keptLake();
    await start();
    expect(owed()).toBe(false);
    const head = lake.log.head();
    expect(looked()).toBe(head);
    // What was put there since is of events that the database knew when it looked.
    for (let n = 0; n < MANY; n += 1) {
      const event_id = uuid(n);
      await objects.put(
        revocationKey(LAKE, { seq: 1 + (n % (head - 1)), event_id }),
        new Uint8Array(),
      );
      await objects.put(erasureNoteKey(LAKE, 1 + (n % (head - 1)), event_id), new Uint8Array());
      await objects.put(erasureKey(LAKE, event_id), new Uint8Array());
    }
    for (let size = 1; size <= head; size += 1) {
      await objects.put(checkpointKey(LAKE, size), new Uint8Array());
    }
    expect(await start()).toEqual({ lists: 2, names: 0, reads: 0 });
    expect(owed()).toBe(false);
  });

  it("finds what is longer than its log is, or was when it looked, and looks at that alone", async () => {
    const { lake, objects, start, owed, looked } = keptLake();
    await start();
    const head = lake.log.head();
    // The log has grown past it since: that it was restored is found all the same.
    await objects.put(revocationKey(LAKE, { seq: head + 1, event_id: uuid(1) }), new Uint8Array());
    lake.run({ type: "GrantMember", subject: "ben", roles: ["analyst"] });
    lake.run({ type: "GrantMember", subject: "cal", roles: ["analyst"] });
    expect(await start()).toEqual({ lists: 1, names: 1, reads: 1 });
    expect(owed()).toBe(true);
    expect(looked()).toBe(head);
  });

  it("compares every erasure that was noted since, and all of them once", async () => {
    const { lake, objects, start, owed } = keptLake();
    await objects.put(erasureKey(LAKE, "old"), new TextEncoder().encode("none of this lake's"));
    await start();
    expect(owed()).toBe(true);
    await objects.delete([erasureKey(LAKE, "old")]);
    lake.log.schedule.remove({ kind: "reapply_erasures", ref: "records" });
    await start();
    expect(owed()).toBe(false);
    const seq = lake.log.head();
    await objects.put(erasureNoteKey(LAKE, seq, "new"), new Uint8Array());
    // Noted, and never put on record: a crash came between.
    await start();
    expect(owed()).toBe(false);
    await objects.put(erasureNoteKey(LAKE, seq + 1, "new"), new Uint8Array());
    await objects.put(erasureKey(LAKE, "new"), new TextEncoder().encode("none of this lake's"));
    await start();
    expect(owed()).toBe(true);
  });
});
