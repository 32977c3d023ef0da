import { describe, expect, it } from "vitest";
import { BrokenSealError } from "../../src/application/dataPorts.ts";
import { LockedKeyError, openKeyring } from "../../src/application/keyring.ts";
import { datasetName } from "../../src/contracts/fields.ts";
import { datasetStore } from "../../src/storage/datasetStore.ts";
import { memoryObjectStore } from "../support/memoryObjectStore.ts";
import { memoryKeys } from "../support/subjects.ts";
import { ROOT_SECRET } from "../support/testLake.ts";

const opened = (lake = "north", keys = memoryKeys(), secret = ROOT_SECRET) =>
  openKeyring(secret, lake, keys);

describe("a lake's keys", () => {
  it("are made on first use, stored wrapped, and the same when opened again", () => {
    const keys = memoryKeys();
    const first = opened("north", keys);
    expect([...keys.entries.keys()]).toEqual(["lake"]);
    const second = opened("north", keys);
    expect(second.subjectRef("jane")).toBe(first.subjectRef("jane"));
    expect(second.privacyKeys()).toEqual(first.privacyKeys());
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
    const purposes = Object.values(opened().privacyKeys());
    expect(purposes.map((key) => key.length)).toEqual(Array(6).fill(32));
    expect(new Set(purposes.map((key) => Buffer.from(key).toString("hex"))).size).toBe(6);
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
    expect([...keys.entries.keys()]).toEqual(["lake", `subject/${jane}`]);
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
    expect(() => keyring.open(john, PLACE, sealed)).toThrow();
  });

  it("does not open in another lake", () => {
    const [north, south] = [opened("north"), opened("south")];
    const { sealed } = north.seal(north.subjectRef("jane"), PLACE, "please");
    const jane = south.subjectRef("jane");
    south.seal(jane, PLACE, "please");
    expect(() => south.open(jane, PLACE, sealed)).toThrow();
  });

  it("is gone with its person's key", () => {
    const keys = memoryKeys();
    const keyring = opened("north", keys);
    const jane = keyring.subjectRef("jane");
    const { sealed } = keyring.seal(jane, PLACE, "please");
    keys.entries.delete(`subject/${jane}`);
    expect(keyring.open(jane, PLACE, sealed)).toBeNull();
  });

  it("does not open under a person's key that was put in another's place", () => {
    const keys = memoryKeys();
    const keyring = opened("north", keys);
    const [jane, john] = [keyring.subjectRef("jane"), keyring.subjectRef("john")];
    keyring.seal(jane, PLACE, "please");
    const { sealed } = keyring.seal(john, PLACE, "please");
    keys.put(`subject/${john}`, keys.find(`subject/${jane}`) ?? "");
    expect(() => keyring.open(john, PLACE, sealed)).toThrow();
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
