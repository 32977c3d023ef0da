import { describe, expect, it } from "vitest";
import { BrokenSealError } from "../../src/application/dataPorts.ts";
import {
  HalfNeededError,
  type Halves,
  LockedKeyError,
  openKeyring,
} from "../../src/application/keyring.ts";
import { datasetName } from "../../src/contracts/fields.ts";
import { datasetStore } from "../../src/storage/datasetStore.ts";
import { memoryHalves } from "../support/memoryHalves.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";
import { memoryKeys } from "../support/subjects.ts";
import { ROOT_SECRET, ROOTS } from "../support/testLake.ts";

const opened = (lake = "north", keys = memoryKeys(), secret = ROOT_SECRET, halves = others()) =>
  openKeyring({ present: secret, previous: null }, lake, keys).withHalves(halves);

/** An object store that has a half for everybody. */
const others = (): Halves => {
  const halves = memoryHalves();
  return {
    find(subject) {
      halves.supply(new HalfNeededError(subject, true));
      return halves.find(subject);
    },
  };
};

const PEOPLE = datasetName.parse("people");

/** What lakes stored when a person's key lay whole in them: lake north's key, Jane's, a text. */
const BEFORE_HALVES = {
  lake: "BfGnnJFe86Z4ZGuilx4xNjGW/akUNFaCMrMpmFH8Z+RaIksJaGxOur2cDefrefSRt41XJzmBFWTZOUC0",
  key: "/KrWZvHPa3c1RczXXQeVbouxlamNxb9Y8ZhNaVEqqej8iMXiSn87+EBVP92Xk3LK74+6c0oZ8l/eUhOc",
  sealed: "ogJp61DjWUm1UFbKNKgvd6ycYpB5VRYSCj7z4Jo0TjV0ZQ==",
};

describe("a lake's keys", () => {
  it("are made on first use, stored wrapped, and the same when opened again", () => {
    const keys = memoryKeys();
    const first = opened("north", keys);
    expect([...keys.entries.keys()]).toEqual(["lake"]);
    const second = opened("north", keys);
    expect(second.subjectRef("jane")).toBe(first.subjectRef("jane"));
    expect(second.privacyKeys(PEOPLE)).toEqual(first.privacyKeys(PEOPLE));
  });

  it("do not open under another root secret", () => {
    const keys = memoryKeys();
    opened("north", keys);
    expect(() => opened("north", keys, "another root secret, long enough too")).toThrow(
      LockedKeyError,
    );
  });

  it("do not open for another lake", () => {
    const keys = memoryKeys();
    opened("north", keys);
    expect(() => opened("south", keys)).toThrow(LockedKeyError);
  });

  it("do not open when a single bit of them was changed", () => {
    const keys = memoryKeys();
    opened("north", keys);
    const wrapped = Buffer.from(keys.find("lake") ?? "", "base64");
    for (const place of [0, 20, wrapped.length - 1]) {
      const changed = Buffer.from(wrapped);
      changed.writeUInt8(changed.readUInt8(place) ^ 1, place);
      const altered = memoryKeys(new Map([["lake", changed.toString("base64")]]));
      expect(() => opened("north", altered)).toThrow(LockedKeyError);
    }
    const truncated = memoryKeys(new Map([["lake", wrapped.subarray(0, 8).toString("base64")]]));
    expect(() => opened("north", truncated)).toThrow(LockedKeyError);
  });

  it("are of 32 bytes and different for each purpose", () => {
    const purposes = Object.values(opened().privacyKeys(PEOPLE));
    expect(purposes.map((key) => key.length)).toEqual(Array(6).fill(32));
    expect(new Set(purposes.map((key) => Buffer.from(key).toString("hex"))).size).toBe(6);
  });

  it("are the lake's where datasets are joined, and a dataset's own where values are moved", () => {
    const keyring = opened();
    const { noise, date_shift, ...joined } = keyring.privacyKeys(PEOPLE);
    const others = keyring.privacyKeys(datasetName.parse("salaries"));
    expect(others).toMatchObject(joined);
    expect(others.noise).not.toEqual(noise);
    expect(others.date_shift).not.toEqual(date_shift);
    expect(keyring.privacyKeys(PEOPLE)).toEqual({ noise, date_shift, ...joined });
  });
});

describe("a pseudonym", () => {
  it("is the same for the same person, and 64 hex digits that do not hold the id", () => {
    const keyring = opened();
    expect(keyring.subjectRef("jane")).toBe(keyring.subjectRef("jane"));
    expect(keyring.subjectRef("jane")).not.toBe(keyring.subjectRef("Jane"));
    expect(keyring.subjectRef("jane")).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is another in another lake, and in another lake of the same name", () => {
    const refs = [opened("north"), opened("south"), opened("north")].map((keyring) =>
      keyring.subjectRef("jane"),
    );
    expect(new Set(refs).size).toBe(3);
  });

  it("is not the fingerprint of the same text", () => {
    const keyring = opened();
    expect(keyring.fingerprint("jane")).not.toBe(keyring.subjectRef("jane"));
    expect(keyring.fingerprint("a")).toBe(keyring.fingerprint("a"));
    expect(keyring.fingerprint("a")).not.toBe(keyring.fingerprint("b"));
  });
});

describe("a sealed text", () => {
  const PLACE = "deletion/1/reason";

  it.each(["", "please", "ünïcode 🦄", "x".repeat(4000)])(
    "opens again where it belongs",
    (text) => {
      const keyring = opened();
      const jane = keyring.subjectRef("jane");
      const { sealed } = keyring.seal(jane, PLACE, text);
      expect(keyring.open(jane, PLACE, sealed)).toBe(text);
    },
  );

  it("is another every time, under one key a person", () => {
    const keys = memoryKeys();
    const keyring = opened("north", keys);
    const jane = keyring.subjectRef("jane");
    const texts = [1, 2, 3].map(() => keyring.seal(jane, PLACE, "please").sealed);
    expect(new Set(texts).size).toBe(3);
    expect([...keys.entries.keys()]).toEqual(["lake", `subject-half/${jane}`]);
  });

  it("does not open at another place", () => {
    const keyring = opened();
    const jane = keyring.subjectRef("jane");
    const { sealed } = keyring.seal(jane, PLACE, "please");
    expect(() => keyring.open(jane, "deletion/1/subject_id", sealed)).toThrow();
    expect(() => keyring.open(jane, "deletion/2/reason", sealed)).toThrow();
  });

  it("does not open under another person's key", () => {
    const keyring = opened();
    const [jane, john] = [keyring.subjectRef("jane"), keyring.subjectRef("john")];
    const { sealed } = keyring.seal(jane, PLACE, "please");
    keyring.seal(john, PLACE, "please");
    // It names the key it was sealed under: to John's it is a text whose key is gone.
    expect(keyring.open(john, PLACE, sealed)).toBeNull();
  });

  it("does not open in another lake", () => {
    const [north, south] = [opened("north"), opened("south")];
    const { sealed } = north.seal(north.subjectRef("jane"), PLACE, "please");
    const jane = south.subjectRef("jane");
    south.seal(jane, PLACE, "please");
    expect(south.open(jane, PLACE, sealed)).toBeNull();
  });

  it("is gone with its person's key", () => {
    const keys = memoryKeys();
    const keyring = opened("north", keys);
    const jane = keyring.subjectRef("jane");
    const { sealed } = keyring.seal(jane, PLACE, "please");
    keys.entries.delete(`subject-half/${jane}`);
    expect(keyring.open(jane, PLACE, sealed)).toBeNull();
  });

  it("does not open under a person's key that was put in another's place", () => {
    const keys = memoryKeys();
    const keyring = opened("north", keys);
    const [jane, john] = [keyring.subjectRef("jane"), keyring.subjectRef("john")];
    keyring.seal(jane, PLACE, "please");
    const { sealed } = keyring.seal(john, PLACE, "please");
    keys.put(`subject-half/${john}`, keys.find(`subject-half/${jane}`) ?? "");
    expect(() => keyring.open(john, PLACE, sealed)).toThrow();
  });
});

describe("a person's key in two halves", () => {
  const PLACE = "deletion/1/reason";
  const split = () => {
    const [keys, halves] = [memoryKeys(), memoryHalves()];
    const keyring = openKeyring(ROOTS, "north", keys).withHalves(halves);
    const jane = keyring.subjectRef("jane");
    const seal = (text: string) => {
      halves.supply(new HalfNeededError(jane, true));
      return keyring.seal(jane, PLACE, text).sealed;
    };
    return { keys, halves, keyring, jane, seal };
  };

  it("asks for the half that is not at hand, to be made for sealing only, and writes nothing", () => {
    const { keys, halves, keyring, jane, seal } = split();
    const needed = (body: () => unknown) => {
      try {
        body();
      } catch (error) {
        if (error instanceof HalfNeededError) return { subject: error.subject, make: error.make };
        throw error;
      }
      return null;
    };
    expect(needed(() => keyring.seal(jane, PLACE, "x"))).toEqual({ subject: jane, make: true });
    expect([...keys.entries.keys()]).toEqual(["lake"]);
    expect(needed(() => keyring.open(jane, PLACE, "x"))).toBeNull();
    const sealed = seal("please");
    const later = openKeyring(ROOTS, "north", keys);
    expect(needed(() => later.open(jane, PLACE, sealed))).toEqual({ subject: jane, make: false });
    expect(later.withHalves(halves).open(jane, PLACE, sealed)).toBe("please");
  });

  it("is gone with either half", () => {
    const { keys, halves, keyring, jane, seal } = split();
    const sealed = seal("please");
    const row = keys.find(`subject-half/${jane}`) ?? "";
    keyring.destroySubjectKey(jane);
    expect(keyring.open(jane, PLACE, sealed)).toBeNull();
    keys.put(`subject-half/${jane}`, row);
    expect(keyring.open(jane, PLACE, sealed)).toBe("please");
    halves.destroy(jane);
    expect(keyring.open(jane, PLACE, sealed)).toBeNull();
  });

  it("made anew is another key: what was sealed before stays erased", () => {
    const { keys, halves, keyring, jane, seal } = split();
    const before = seal("please");
    const row = keys.find(`subject-half/${jane}`) ?? "";
    halves.destroy(jane);
    for (const restored of [true, false]) {
      keyring.destroySubjectKey(jane);
      if (restored) keys.put(`subject-half/${jane}`, row);
      const after = seal("again");
      expect(keyring.open(jane, PLACE, after)).toBe("again");
      expect(keyring.open(jane, PLACE, before)).toBeNull();
      halves.destroy(jane);
    }
  });

  it("that lies whole in the lake, from before, still opens, and is split with its next use", () => {
    const halves = memoryHalves();
    const keys = memoryKeys(new Map([["lake", BEFORE_HALVES.lake]]));
    const keyring = openKeyring(ROOTS, "north", keys).withHalves(halves);
    const jane = keyring.subjectRef("jane");
    keys.put(`subject/${jane}`, BEFORE_HALVES.key);
    const before = BEFORE_HALVES.sealed;
    expect(keyring.open(jane, PLACE, before)).toBe("please");
    halves.supply(new HalfNeededError(jane, true));
    const after = keyring.seal(jane, PLACE, "again").sealed;
    expect([...keys.entries.keys()]).toEqual(["lake", `subject-half/${jane}`]);
    expect(keyring.open(jane, PLACE, before)).toBe("please");
    expect(keyring.open(jane, PLACE, after)).toBe("again");
    halves.destroy(jane);
    expect(keyring.open(jane, PLACE, before)).toBeNull();
    expect(keyring.open(jane, PLACE, after)).toBeNull();
    // Another key has followed: a text that does not name its own is of the one that is gone.
    halves.supply(new HalfNeededError(jane, true));
    expect(keyring.open(jane, PLACE, before)).toBeNull();
  });

  it("does not come from a half of another length", () => {
    const { halves, keyring, jane } = split();
    halves.supply(new HalfNeededError(jane, true));
    halves.kept.set(jane, new Uint8Array(31));
    expect(() => keyring.seal(jane, PLACE, "x")).toThrow("32 bytes");
  });
});

describe("an encrypted dataset's key", () => {
  const [sales, people] = [datasetName.parse("sales"), datasetName.parse("people")];

  it("is made once, random, stored wrapped, and the same when opened again", () => {
    const keys = memoryKeys();
    const keyring = opened("north", keys);
    expect(keyring.datasetKey(sales)).toBeNull();
    keyring.makeDatasetKey(sales);
    keyring.makeDatasetKey(people);
    const key = keyring.datasetKey(sales);
    expect(key).toHaveLength(32);
    expect(keyring.datasetKey(people)).not.toEqual(key);
    keyring.makeDatasetKey(sales);
    expect(opened("north", keys).datasetKey(sales)).toEqual(key);
    const wrapped = Buffer.from(keys.find("dataset/sales") ?? "", "base64");
    expect(wrapped.includes(key ?? "none")).toBe(false);
  });

  it("is no key for another dataset, nor for another lake's", () => {
    const [keys, elsewhere] = [memoryKeys(), memoryKeys()];
    const keyring = opened("north", keys);
    keyring.makeDatasetKey(sales);
    keys.put("dataset/people", keys.find("dataset/sales") ?? "");
    expect(keyring.datasetKey(people)).toBeNull();
    const other = opened("north", elsewhere);
    elsewhere.put("dataset/sales", keys.find("dataset/sales") ?? "");
    expect(other.datasetKey(sales)).toBeNull();
  });

  it("destroyed leaves nothing that opens the dataset's objects, also when one is made anew", async () => {
    const keys = memoryKeys();
    const keyring = opened("north", keys);
    keyring.makeDatasetKey(sales);
    const objects = memoryObjectStore();
    const sealed = () => datasetStore(objects, keyring.datasetKey(sales) ?? new Uint8Array(32));
    const names = ["raw", "clean", "published"].map((kind) => `lakes/north/${kind}`);
    for (const name of names) {
      const writer = sealed().writer(name, "text/csv");
      await writer.write(new TextEncoder().encode("id,amount\n1,100.0\n"));
      await writer.close();
      expect(await sealed().read(name, 0, 2)).toEqual(new TextEncoder().encode("id"));
    }
    keyring.destroyDatasetKey(sales);
    expect([...keys.entries.keys()]).toEqual(["lake"]);
    expect(keyring.datasetKey(sales)).toBeNull();
    expect(opened("north", keys).datasetKey(sales)).toBeNull();
    keyring.makeDatasetKey(sales);
    for (const name of names) {
      await expect(sealed().read(name, 0, 2)).rejects.toThrow(BrokenSealError);
    }
  });
});

describe("the key of objects' digests", () => {
  it("follows from the lake's own key, for this purpose alone", () => {
    const keys = memoryKeys();
    const keyring = opened("north", keys);
    const key = keyring.digestKey();
    expect(key).toHaveLength(32);
    expect(opened("north", keys).digestKey()).toEqual(key);
    expect(opened("north").digestKey()).not.toEqual(key);
    const others = [...Object.values(keyring.privacyKeys(PEOPLE)), keyring.pseudonymKey()];
    for (const other of [...others, keyring.logSeed()]) expect(other).not.toEqual(key);
  });
});

describe("the signature of a URL", () => {
  it("is the lake's own of just these claims", () => {
    const keys = memoryKeys();
    const keyring = opened("north", keys);
    const signature = keyring.signUrl("claims");
    expect(signature).toMatch(/^[\w-]{43}$/);
    expect(opened("north", keys).isUrlSigned("claims", signature)).toBe(true);
    expect(keyring.isUrlSigned("claims ", signature)).toBe(false);
    expect(opened("north").isUrlSigned("claims", signature)).toBe(false);
  });

  it("is none with any of its characters changed, left out or added", () => {
    const keyring = opened();
    const signature = keyring.signUrl("claims");
    for (let at = 0; at < signature.length; at += 1) {
      const other = signature[at] === "A" ? "B" : "A";
      const changed = signature.slice(0, at) + other + signature.slice(at + 1);
      expect(keyring.isUrlSigned("claims", changed)).toBe(false);
    }
    for (const other of ["", signature.slice(1), `${signature}A`, `${signature}=`]) {
      expect(keyring.isUrlSigned("claims", other)).toBe(false);
    }
  });
});
