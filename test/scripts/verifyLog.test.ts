import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Report } from "../../scripts/support/verify/report.ts";
import { type VerifyOptions, verifyLog } from "../../scripts/support/verify/verifyLog.ts";
import {
  checkpointOf,
  eventText,
  eventTexts,
  type Lake,
  newSigner,
  type Started,
  serve,
  signNote,
} from "./verifyLake.ts";

const signer = newSigner("lethe/demo");
const LOG = eventTexts(40);

/** The log with the event of a seq told otherwise. */
const withEvent = (seq: number, text: string): string[] => LOG.with(seq - 1, text);
const CHANGED_17 = eventText(17, { actor: "mallory" });

/** Leaves labelled by their place. */
const inPlaces = (texts: readonly string[]) => texts.map((text, at) => [at + 1, text] as const);

let directory: string;
const started: Started[] = [];
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "lethe-verify-"));
});
afterEach(async () => {
  for (const lake of started.splice(0)) await lake.close();
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const file = async (name: string, text: string): Promise<string> => {
  const at = path.join(directory, name);
  await writeFile(at, text);
  return at;
};

const exported = (texts: readonly string[]) =>
  file("copy.ndjson", texts.map((text) => `${text}\n`).join(""));

/** Verifies a lake, by default an honest one with 40 events. */
const verify = async (lake: Partial<Lake> = {}, options: Partial<VerifyOptions> = {}) => {
  const server = await serve({ tree: LOG, signer, ...lake });
  started.push(server);
  const report = new Report();
  const outcome = await verifyLog({ lake: server.url, ...options }, report);
  const caught = report.findings.filter(({ mark }) => mark === "caught");
  const texts = (check: string) =>
    report.findings.filter((finding) => finding.check === check).map(({ text }) => text);
  return { outcome, report, caught: caught.map(({ text }) => text), texts, server };
};

describe("an honest log", () => {
  it("holds, at sizes around the powers of two", async () => {
    for (const size of [0, 1, 2, 3, 7, 8, 9, 40]) {
      const { outcome, caught } = await verify({ tree: eventTexts(size) });
      expect([size, outcome, caught]).toEqual([size, "holds", []]);
    }
  });

  it("holds when the server answers fewer leaves than asked", async () => {
    const { outcome, server } = await verify({ page: 7 });
    expect(outcome).toBe("holds");
    expect(server.requests.filter((request) => request.includes("leaves"))).toHaveLength(6);
  });

  it("holds under its pinned key, its older checkpoint and a copy made of part of it", async () => {
    const { outcome, texts } = await verify(
      {},
      {
        key: signer.vkey,
        since: await file("since", checkpointOf(LOG.slice(0, 11), signer)),
        copy: await exported(LOG.slice(0, 13)),
      },
    );
    expect(outcome).toBe("holds");
    expect(texts("since")).toEqual(["the 11 events signed then are the beginning of the log now"]);
    expect(texts("copy")[0]).toContain("13 events, line by line");
  });

  it("is saved so that the next run can use it", async () => {
    const save = path.join(directory, "kept");
    await verify({}, { save });
    const key = (await readFile(path.join(save, "key"), "utf8")).trim();
    const since = path.join(save, "checkpoint");
    const copy = path.join(save, "events.ndjson");
    expect(await readFile(copy, "utf8")).toBe(`${LOG.join("\n")}\n`);
    const later = await verify({ tree: eventTexts(64) }, { key, since, copy, save });
    expect([later.outcome, later.caught]).toEqual(["holds", []]);
    expect((await readFile(copy, "utf8")).split("\n")).toHaveLength(65);
  });
});

describe("a server that serves other events than it signs", () => {
  it("is caught with a changed one, named by its seq", async () => {
    const { outcome, caught } = await verify({ served: inPlaces(withEvent(17, CHANGED_17)) });
    expect(outcome).toBe("caught");
    expect(caught).toContain("event 17 is changed: its bytes are not what the tree holds");
    expect(caught).toHaveLength(2);
  });

  it("is caught with a few changed ones, each named", async () => {
    const served = inPlaces(
      LOG.map((text, at) => ([0, 16, 39].includes(at) ? text.replace("zoë", "zoe") : text)),
    );
    const { caught } = await verify({ served });
    for (const seq of [1, 17, 40])
      expect(caught).toContain(`event ${seq} is changed: its bytes are not what the tree holds`);
  });

  it("is caught with a dropped one", async () => {
    const served = inPlaces(LOG).filter(([seq]) => seq !== 9);
    const { caught } = await verify({ served });
    expect(caught).toContain("event 9 is dropped: the server does not answer it");
  });

  it("is caught with its last ones dropped, over several pages", async () => {
    const { caught } = await verify({ served: inPlaces(LOG.slice(0, 30)), page: 7 });
    expect(caught).toContain("events 31 to 40 are dropped: the server does not answer them");
  });

  it("is caught with one dropped and the others moved up", async () => {
    const { caught } = await verify({ served: inPlaces(LOG.toSpliced(8, 1)) });
    expect(caught).toContain("event 9 is dropped; from there on all stand one too early");
    expect(caught).toContain("in the place of event 9 stands event 10");
  });

  it("is caught with two reordered", async () => {
    const [fourth = "", fifth = ""] = LOG.slice(3);
    const { caught } = await verify({ served: inPlaces(LOG.toSpliced(3, 2, fifth, fourth)) });
    expect(caught).toContain("events 4 and 5 are reordered: they have changed places");
  });

  it("is caught with one answered after its turn", async () => {
    const served = inPlaces(LOG);
    const { caught } = await verify({ served: [...served.slice(1, 5), ...served.slice(0, 1)] });
    expect(caught).toContain("event 1 is reordered: the server answers it after event 5");
  });

  it("is caught with an invented one", async () => {
    const invented = eventText(6, { event_id: "made-up" });
    const { caught } = await verify({ served: inPlaces(LOG.toSpliced(5, 0, invented)) });
    expect(caught).toContain(
      "at event 6 stands an invented one; from there on all stand one too late",
    );
  });

  it("is caught even when its proofs are made to fit nothing", async () => {
    const { outcome, caught } = await verify({
      served: inPlaces(withEvent(17, CHANGED_17)),
      spoil: (_, hashes) => hashes.map(() => Buffer.alloc(32)),
    });
    expect(outcome).toBe("caught");
    expect(caught.at(-1)).toContain("the server's proofs are not of its own root");
  });

  it("is caught even when it refuses the proofs", async () => {
    const { outcome, texts } = await verify({
      served: inPlaces(withEvent(17, CHANGED_17)),
      status: (route) => (route === "inclusion" ? 403 : undefined),
    });
    expect(outcome).toBe("caught");
    expect(texts("root").at(-1)).toContain("not checked to the end");
  });
});

describe("a copy that is not what the tree holds", () => {
  const swap = (texts: string[], at: number) =>
    texts.toSpliced(at, 2, texts[at + 1] ?? "", texts[at] ?? "");
  const cases: [string, string[], string][] = [
    ["a changed event", withEvent(17, CHANGED_17), "event 17 is changed"],
    ["a dropped event", LOG.toSpliced(8, 1), "event 9 is dropped"],
    ["two events reordered", swap(LOG, 20), "events 21 and 22 are reordered"],
    ["an invented event", LOG.toSpliced(5, 0, eventText(6, { actor: "m" })), "line 6 is invented"],
    ["events behind the last", [...LOG, eventText(41)], "line 41 is invented"],
    ["a carriage return", withEvent(40, `${LOG[39]}\r`), "event 40 is changed"],
  ];
  for (const [what, texts, told] of cases)
    it(`is caught with ${what}, and with nothing else`, async () => {
      const { outcome, caught } = await verify({}, { copy: await exported(texts) });
      expect(outcome).toBe("caught");
      expect(caught).toHaveLength(1);
      expect(caught[0]).toContain(told);
    });

  it("is held against the tree, not against what the server serves", async () => {
    const served = inPlaces(withEvent(17, CHANGED_17));
    const right = await verify({ served }, { copy: await exported(LOG) });
    expect(right.texts("copy")[0]).toContain("it is the whole signed log");
    const wrong = await verify({ served }, { copy: await exported(withEvent(17, CHANGED_17)) });
    expect(wrong.texts("copy")).toEqual([
      "event 17 is changed: the copy's bytes are not what the tree holds",
    ]);
  });
});

describe("a signature or a key that is not right", () => {
  it("is caught when the checkpoint was altered after it was signed", async () => {
    const checkpoint = checkpointOf(LOG, signer).replace("\n40\n", "\n39\n");
    const { outcome, caught } = await verify({ checkpoint });
    expect(outcome).toBe("caught");
    expect(caught[0]).toContain("its signature is not that of lethe/demo");
  });

  it("is caught when the server has another key than the pinned one", async () => {
    const { outcome, caught } = await verify({}, { key: newSigner("lethe/demo").vkey });
    expect(outcome).toBe("caught");
    expect(caught[0]).toContain("another key than the pinned one");
    expect(caught[1]).toContain("it is not signed by the key");
  });

  it("is caught when another key signed than the server shows", async () => {
    const { caught } = await verify({ vkey: newSigner("lethe/demo").vkey });
    expect(caught[0]).toContain("it is not signed by the key");
  });

  it("is caught when the checkpoint is of another log under the same key", async () => {
    const text = checkpointOf(LOG, signer).split("\n").slice(1, 3).join("\n");
    const { caught } = await verify({ checkpoint: signNote(`lethe/other\n${text}\n`, signer) });
    expect(caught[0]).toContain("it is of the log lethe/other");
  });

  it("is caught when another lake answers", async () => {
    const { caught } = await verify({ signer: newSigner("lethe/other") });
    expect(caught).toEqual(["it is of lethe/other, but the lake asked is demo"]);
  });
});

describe("a history rewritten since an older checkpoint", () => {
  const since = () => file("since", checkpointOf(LOG, signer));

  it("is caught, though the new one is signed and whole", async () => {
    const tree = [...withEvent(17, CHANGED_17), eventText(41), eventText(42)];
    const { outcome, caught } = await verify({ tree }, { since: await since() });
    expect(outcome).toBe("caught");
    expect(caught).toHaveLength(1);
    expect(caught[0]).toContain("history was rewritten: the log signed at 40 events");
  });

  it("is caught at the same size", async () => {
    const { caught } = await verify(
      { tree: withEvent(1, eventText(1, { actor: "m" })) },
      {
        since: await since(),
      },
    );
    expect(caught[0]).toContain("history was rewritten");
  });

  it("is named by a copy kept since, which the older signature bears out", async () => {
    const tree = [...withEvent(17, CHANGED_17), eventText(41)];
    const { texts } = await verify({ tree }, { since: await since(), copy: await exported(LOG) });
    expect(texts("copy")).toEqual([
      "event 17 is changed: the copy's bytes are not what the tree holds",
      "its first 40 lines are what was signed then: the log was altered",
    ]);
  });

  it("is caught when the log is shorter than it was", async () => {
    const { caught } = await verify({ tree: LOG.slice(0, 30) }, { since: await since() });
    expect(caught).toEqual(["the log had 40 events and has 30 now: it was cut or rolled back"]);
  });

  it("is not believed when the older checkpoint is not signed by the key", async () => {
    const forged = await file("forged", checkpointOf(LOG.slice(0, 9), newSigner("lethe/demo")));
    const { caught } = await verify({}, { since: forged });
    expect(caught[0]).toContain("the older checkpoint is not to be trusted");
  });

  it("leaves an older saved copy alone", async () => {
    const save = path.join(directory, "older");
    await verify({}, { save });
    const tree = withEvent(17, CHANGED_17);
    const { outcome } = await verify({ tree }, { since: await since(), save });
    expect(outcome).toBe("caught");
    expect(await readFile(path.join(save, "events.ndjson"), "utf8")).toBe(`${LOG.join("\n")}\n`);
    expect(existsSync(path.join(save, "caught.events.ndjson"))).toBe(true);
  });
});

describe("a server whose proofs are wrong", () => {
  for (const route of ["inclusion", "consistency"])
    it(`is caught by its ${route} proofs`, async () => {
      const spoil = (asked: string, hashes: Buffer[]) =>
        asked === route ? hashes.toReversed() : hashes;
      const { outcome, caught } = await verify({ spoil });
      expect(outcome).toBe("caught");
      expect(caught[0]).toContain(`the server's ${route} proof`);
    });
});
