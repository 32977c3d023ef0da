/** Another root secret: what follows from a lake's key stays what it was, wherever it is used. */
import { describe, expect, it } from "vitest";
import { REWRAP_DUTY } from "../../src/application/keyRotation.ts";
import { HalfNeededError, LockedKeyError, openKeyring } from "../../src/application/keyring.ts";
import { datasetName, subjectAccessId } from "../../src/contracts/fields.ts";
import { memoryEventLog } from "../support/memoryEventLog.ts";
import { memoryHalves } from "../support/memoryHalves.ts";
import { memoryKeys } from "../support/subjects.ts";
import { ROOTS, testLake } from "../support/testLake.ts";

const NEXT = "the next root secret, long enough as well";
const BOTH = { present: NEXT, previous: ROOTS.present };
const ONLY_NEXT = { present: NEXT, previous: null };
const PEOPLE = datasetName.parse("people");
const ACCESS = subjectAccessId.parse("access-1");
const PLACE = "deletion/d1/subject_id";

/** Everything that follows from a lake's key, or is wrapped under it. */
const derived = (keyring: ReturnType<typeof openKeyring>) => ({
  pseudonym: keyring.subjectRef("jane"),
  pseudonyms: keyring.pseudonymKey(),
  fingerprint: keyring.fingerprint("a command"),
  privacy: keyring.privacyKeys(PEOPLE),
  dataset: keyring.datasetKey(PEOPLE),
  access: keyring.accessKey(ACCESS),
  url: keyring.signUrl("claims"),
  checkpoints: keyring.logSeed(),
  digests: keyring.digestKey(),
});

describe("a lake's keys, while the root secret rotates", () => {
  const made = () => {
    const [keys, halves] = [memoryKeys(), memoryHalves()];
    const before = openKeyring(ROOTS, "north", keys).withHalves(halves);
    const jane = before.subjectRef("jane");
    halves.supply(new HalfNeededError(jane, true));
    before.makeDatasetKey(PEOPLE);
    before.makeAccessKey(ACCESS);
    return {
      keys,
      before,
      opened: (roots: typeof BOTH | typeof ONLY_NEXT | typeof ROOTS) =>
        openKeyring(roots, "north", keys).withHalves(halves),
      sealed: before.seal(jane, PLACE, "please").sealed,
      own: before.sealOwn("webhook/w1", "a secret").sealed,
      jane,
    };
  };

  it("open under either, are told apart, and none of them is another one", () => {
    const { before, opened, keys } = made();
    const stored = new Map(keys.entries);
    const between = opened(BOTH);
    expect([before.isOutdated(), between.isOutdated()]).toEqual([false, true]);
    expect(derived(between)).toEqual(derived(before));
    expect(keys.entries).toEqual(stored);
    expect(() => opened(ONLY_NEXT)).toThrow(LockedKeyError);
  });

  it("open without the secret of before once the lake's own is wrapped anew, and that alone is", () => {
    const { before, opened, keys, sealed, own, jane } = made();
    const stored = new Map(keys.entries);
    const between = opened(BOTH);
    between.rewrap();
    expect(between.isOutdated()).toBe(false);
    const changed = [...keys.entries].filter(([id, wrapped]) => stored.get(id) !== wrapped);
    expect(changed.map(([id]) => id)).toEqual(["lake"]);
    const after = opened(ONLY_NEXT);
    expect(after.isOutdated()).toBe(false);
    expect(derived(after)).toEqual(derived(before));
    expect(after.open(jane, PLACE, sealed)).toBe("please");
    expect(after.openOwn("webhook/w1", own)).toBe("a secret");
    expect(after.isUrlSigned("claims", before.signUrl("claims"))).toBe(true);
    expect(() => opened(ROOTS)).toThrow(LockedKeyError);
  });

  it("of a new lake are wrapped under the present secret", () => {
    const keys = memoryKeys();
    expect(openKeyring(BOTH, "new", keys).isOutdated()).toBe(false);
    expect(openKeyring(ONLY_NEXT, "new", keys).isOutdated()).toBe(false);
  });

  it("do not open under two secrets that are both others", () => {
    const { opened } = made();
    expect(() => opened({ present: NEXT, previous: `${NEXT}!` })).toThrow(LockedKeyError);
  });
});

describe("a lake, while the root secret rotates", () => {
  const wrappingOf = (lake: ReturnType<typeof testLake>, rewrap = false) => {
    const answered = lake.service.rotation.answer(lake.call(), rewrap);
    return answered.ok ? answered.value : answered.error.code;
  };

  it("owes the new wrapping when it comes into memory, once, and works meanwhile", () => {
    const log = memoryEventLog();
    testLake({ level: "gdpr", log });
    const lake = testLake({ log, roots: BOTH });
    expect([1, 2].map(() => lake.service.rotation.atStart("north"))).toEqual([true, true]);
    expect(log.schedule.due(lake.now(), 10, [REWRAP_DUTY.kind])).toMatchObject([REWRAP_DUTY]);
    expect(wrappingOf(lake)).toEqual({ wrapped_under: "previous", rewrapped: false });
    lake.run({ type: "ChangeComplianceLevel", compliance_level: "strict" });
    expect(wrappingOf(lake)).toEqual({ wrapped_under: "previous", rewrapped: false });
  });

  it("wraps its key anew, once, with the event that says so and in its transaction", () => {
    const log = memoryEventLog();
    testLake({ level: "gdpr", log });
    const lake = testLake({ log, roots: BOTH });
    expect(wrappingOf(lake, true)).toEqual({ wrapped_under: "previous", rewrapped: true });
    expect(wrappingOf(lake, true)).toEqual({ wrapped_under: "present", rewrapped: false });
    expect(lake.service.rotation.atStart("north")).toBe(false);
    const events = log.events().filter(({ type }) => type === "LakeKeyRewrapped");
    expect(events.map(({ data, actor }) => [data, actor])).toEqual([[{}, "lethe"]]);
    expect(wrappingOf(testLake({ log, roots: ONLY_NEXT }))).toMatchObject({
      wrapped_under: "present",
    });
    expect(testLake({ log }).service.rotation.isLocked("north")).toBe(true);
  });

  it("has its key as it was when the transaction comes to nothing, and does it again", () => {
    const log = memoryEventLog();
    testLake({ level: "gdpr", log });
    const stored = log.dump();
    let broken = true;
    const lake = testLake({
      log,
      roots: BOTH,
      keysSeenAs: (keys) => ({
        ...keys,
        put(id, wrapped) {
          if (broken) throw new Error("disk full");
          keys.put(id, wrapped);
        },
      }),
    });
    expect(() => lake.service.rotation.rewrap("north")).toThrow("disk full");
    expect(log.dump()).toBe(stored);
    expect(wrappingOf(lake)).toEqual({ wrapped_under: "previous", rewrapped: false });
    broken = false;
    expect(lake.service.rotation.rewrap("north")).toBe(true);
    expect(wrappingOf(testLake({ log, roots: ONLY_NEXT }))).toMatchObject({
      wrapped_under: "present",
    });
  });

  it("says nothing about a lake that is not there, and owes nothing where its keys do not open", () => {
    expect(wrappingOf(testLake({ roots: BOTH }), true)).toBe("lake-not-found");
    const log = memoryEventLog();
    testLake({ level: "gdpr", log });
    const locked = testLake({ log, roots: { present: `${NEXT}!`, previous: NEXT } });
    expect(wrappingOf(locked)).toBe("lake-locked");
    expect(locked.service.rotation.atStart("north")).toBe(false);
  });
});
