import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { verifyCertificateFile } from "../../scripts/support/verify/certificate.ts";
import { Report } from "../../scripts/support/verify/report.ts";
import { type MadeCertificate, madeCertificate, SIGNER } from "./madeCertificate.ts";
import { newSigner } from "./verifyLake.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), "lethe-certificate-"));
});
afterAll(() => rm(directory, { recursive: true }));

let files = 0;
const fileOf = async (content: object | string): Promise<string> => {
  files += 1;
  const file = path.join(directory, `${files}.json`);
  await writeFile(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
};

/** How it ends, and what was caught: the check and the words. */
const verified = async (content: object | string, key: string | null = SIGNER.vkey) => {
  const report = new Report();
  const outcome = await verifyCertificateFile(await fileOf(content), key ?? undefined, report);
  const told = (mark: string) =>
    report.findings.filter((found) => found.mark === mark).map((f) => `${f.check}: ${f.text}`);
  return { outcome, caught: told("caught"), ok: told("ok"), notes: told("note") };
};

const flipped = (base64: string, at: number): string => {
  const bytes = Buffer.from(base64, "base64");
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  return bytes.toString("base64");
};

const withSignature = (made: MadeCertificate, change: (sig: string) => string) => ({
  ...made,
  envelope: {
    ...made.envelope,
    signatures: made.envelope.signatures.map(({ keyid, sig }) => ({ keyid, sig: change(sig) })),
  },
});

describe("a certificate that is right", () => {
  it("holds under the key known beforehand, and says in words what it proves", async () => {
    const { outcome, caught, ok, notes } = await verified(madeCertificate());
    expect([outcome, caught]).toEqual(["holds", []]);
    expect(ok.map((text) => text.split(":")[0])).toEqual([
      "key",
      "signature",
      "payload",
      "checkpoint",
      "inclusion",
      "event",
      "claims",
    ]);
    expect(notes.join("\n")).toContain("12 rows removed, 10 of 1000 batches hit");
    expect(notes.join("\n")).toContain("withheld: dataset invoices, Art. 17(3)(b), until 2030");
    expect(notes.join("\n")).toContain("until 2026-12-20T10:05:00.000Z the platform");
  });

  it("holds without a key too, and says that it is the file's own word", async () => {
    const { outcome, notes } = await verified(madeCertificate(), null);
    expect(outcome).toBe("holds");
    expect(notes.join()).toContain("is the file's own word");
  });

  it("says which datasets were not searched, and what was looked for, where it does", async () => {
    const facts = { not_searched: ["mail"], held_elsewhere: ["crm"], scope: "Erased were rows." };
    const { outcome, notes } = await verified(madeCertificate({ facts }));
    expect(outcome).toBe("holds");
    expect(notes.join("\n")).toContain("NOT searched: dataset mail");
    expect(notes.join("\n")).toContain("NOT reached: what dataset crm has elsewhere");
    expect(notes.join("\n")).toContain("Erased were rows.");
  });

  it("says how many its lists leave out, and nothing of those that are whole", async () => {
    const omitted = { not_searched: 3, held_elsewhere: 0 };
    const facts = { omitted, objects_omitted: 7, recipients_omitted: 0 };
    const { outcome, notes } = await verified(madeCertificate({ facts }));
    expect(outcome).toBe("holds");
    expect(notes.filter((text) => text.includes("NOT listed"))).toEqual([
      "says: NOT listed for want of room: 3 more in its list not_searched",
      "says: NOT listed for want of room: 7 more in its list objects",
    ]);
    const whole = await verified(madeCertificate());
    expect(whole.notes.join("\n")).not.toContain("NOT listed");
  });

  it("may be of what was withheld, and of an erasure after a restore", async () => {
    for (const type of ["GDPRDeletionRemainderErased", "GDPRDeletionReapplied"]) {
      const event = { seq: 17, event_id: "0190-17", type, recorded_at: "2026-11-20T10:05:00.010Z" };
      const made = madeCertificate({ event: { type }, payload: { event } });
      expect(await verified(made)).toMatchObject({ outcome: "holds", caught: [] });
    }
  });
});

describe("a file with more than a certificate", () => {
  const twice = (made: MadeCertificate, name: string, value: unknown) =>
    JSON.stringify(made).replace(/^\{/, `{${name}:${JSON.stringify(value)},`);

  it("is caught when a member stands twice, however it is written and wherever it stands", async () => {
    const made = madeCertificate();
    const whole = JSON.stringify(made);
    const nested = whole.replace('"rows_removed":', '"rows_removed":0,"rows_removed":');
    expect(nested).not.toBe(whole);
    const cases = [
      [twice(made, '"certificate"', { facts: { rows_removed: 0 } }), "certificate"],
      [twice(made, String.raw`"certi\u0066icate"`, "false"), "certificate"],
      [twice(made, '"leaf"', "another"), "leaf"],
      [nested, "certificate.facts.rows_removed"],
    ] as const;
    for (const [text, name] of cases) {
      const { outcome, caught } = await verified(text);
      expect([outcome, caught]).toEqual(["caught", [expect.stringContaining(`${name} stands tw`)]]);
    }
  });

  it("is caught when it has a member that nothing proves", async () => {
    const { outcome, caught } = await verified({ ...madeCertificate(), rows_removed: 0 });
    expect([outcome, caught]).toEqual([
      "caught",
      ["file: rows_removed is no part of a certificate: nothing proves it"],
    ]);
  });

  it("is not mistaken for one by names that come again elsewhere, or in a text", async () => {
    const requested_by = String.raw`{"a":1,"a":2,\"b\":[}`;
    const facts = { requested_by, objects: [{ from: "x" }, { from: "x" }], "": { "": {} } };
    expect(await verified(madeCertificate({ facts }))).toMatchObject({ caught: [] });
  });
});

describe("a certificate that was tampered with", () => {
  it("is caught at every byte of what is signed", async () => {
    const made = madeCertificate();
    const { length } = Buffer.from(made.envelope.payload, "base64");
    for (let at = 0; at < length; at += 7) {
      const payload = flipped(made.envelope.payload, at);
      const { outcome, caught } = await verified({
        ...made,
        envelope: { ...made.envelope, payload },
      });
      expect(outcome).toBe("caught");
      expect(caught[0]).toContain("payload and signature do not belong together");
    }
  });

  it("is caught at every byte of the signature", async () => {
    for (let at = 0; at < 64; at += 3) {
      const made = withSignature(madeCertificate(), (sig) => flipped(sig, at));
      const { outcome, caught } = await verified(made);
      expect(outcome).toBe("caught");
      expect(caught).toEqual([expect.stringContaining("payload and signature do not belong")]);
    }
  });

  it("is caught at every hash of the proof, and when one is missing or too many", async () => {
    const made = madeCertificate();
    const { hashes } = made.inclusion;
    const spoilt = [
      ...hashes.map((hash, at) => hashes.with(at, flipped(hash, at))),
      hashes.slice(1),
      hashes.slice(0, -1),
      [...hashes, hashes[0] ?? ""],
      [],
    ];
    for (const wrong of spoilt) {
      const changed = { ...made, inclusion: { ...made.inclusion, hashes: wrong } };
      const { outcome, caught } = await verified(changed);
      expect(outcome).toBe("caught");
      expect(caught).toEqual([
        expect.stringContaining("inclusion: event, proof and checkpoint do not belong together"),
      ]);
    }
  });

  it("is caught when the proof is of another place or size", async () => {
    const made = madeCertificate();
    const moved = { ...made.inclusion, leaf_index: 15 };
    expect((await verified({ ...made, inclusion: moved })).caught).toHaveLength(1);
    const resized = { ...made.inclusion, tree_size: 39 };
    expect((await verified({ ...made, inclusion: resized })).caught).toEqual([
      "inclusion: the proof is for 39 events, the checkpoint for 40",
    ]);
  });

  it("is caught when only what is readable was changed", async () => {
    const made = madeCertificate();
    const certificate = {
      ...made.certificate,
      facts: { ...made.certificate.facts, rows_removed: 0 },
    };
    expect((await verified({ ...made, certificate })).caught).toEqual([
      "payload: the readable certificate is not what is signed",
    ]);
  });

  it("is caught at the event's bytes", async () => {
    const made = madeCertificate();
    for (const at of [0, 20, 300]) {
      const { outcome, caught } = await verified({ ...made, leaf: flipped(made.leaf, at) });
      expect(outcome).toBe("caught");
      expect(caught.join()).toContain("event, proof and checkpoint do not belong together");
    }
  });
});

describe("a certificate of another's making", () => {
  const other = newSigner("lethe/other");

  it("is caught under the key of this lake, and says whose it is", async () => {
    const { outcome, caught } = await verified(madeCertificate({ signer: other }));
    expect(outcome).toBe("caught");
    expect(caught.join("\n")).toContain("the file names another key than the pinned one");
    expect(caught.join("\n")).toContain("signed by lethe/other+");
    expect(caught.join("\n")).toContain("checkpoint: not to be trusted");
  });

  it("is caught when it is of this lake's name, but another key", async () => {
    const { caught } = await verified(madeCertificate({ signer: newSigner("lethe/demo") }));
    expect(caught.join("\n")).toContain("not by the key lethe/demo+");
  });

  it("is caught when it speaks of another lake than its key is of", async () => {
    const { caught } = await verified(madeCertificate({ payload: { lake_id: "north" } }));
    expect(caught).toEqual(["event: the certificate is of lake north, the key is of lethe/demo"]);
  });

  it("is caught when the checkpoint is of another log", async () => {
    const { caught } = await verified(madeCertificate({ log: other }));
    expect(caught).toEqual([expect.stringContaining("it is not signed by the key lethe/demo+")]);
    const foreign = madeCertificate({ event: { actor: "somebody else" } }).checkpoint;
    expect((await verified({ ...madeCertificate(), checkpoint: foreign })).caught).toEqual([
      expect.stringContaining("the checkpoint is of another log"),
    ]);
  });
});

describe("a certificate and its event", () => {
  it.each([
    [{ said: { rows_removed: 11 } }, "the certificate's rows_removed is not what the event says"],
    [{ said: { note: "added" } }, "the certificate's note is not what the event says"],
    [
      { event: { event_id: "another" } },
      "the certificate speaks of event_id 0190-17, the event has another",
    ],
    [
      { event: { stream: "deletion/d2" } },
      "the event is of deletion/d2, the certificate of request d1",
    ],
    [{ event: { type: "GDPRDeletionFailed" } }, "an event GDPRDeletionFailed completes no erasure"],
  ])("are caught when they disagree: %j", async (making, words) => {
    const { outcome, caught } = await verified(madeCertificate(making));
    expect(outcome).toBe("caught");
    expect(caught.join("\n")).toContain(words);
  });

  it.each([
    [{ deadline_kept: false }, "it says the deadline was not kept"],
    [{ completed_at: "2027-01-01T00:00:00.000Z" }, "it says the deadline was kept"],
    [{ verification: { rows_found: 2 } }, "its own last scan found 2 rows"],
    [{ started_at: "2026-11-20T11:00:00.000Z" }, "it ends before it began"],
    [{ batches: { looked_at: 5, opened: 5, hit: 6 } }, "that cannot be"],
    [{ answered_at: "2026-12-02T10:00:00.000Z" }, "it says the deadline was kept"],
    [{ answered_at: "2026-11-21T10:00:00.000Z" }, "before the request was completed"],
  ])("are caught when what both say is no completed erasure: %j", async (facts, words) => {
    const { outcome, caught } = await verified(madeCertificate({ facts }));
    expect(outcome).toBe("caught");
    expect(caught.join("\n")).toContain(words);
  });

  it("hold where what was withheld is erased behind the deadline that was kept", async () => {
    const completed_at = "2027-03-01T10:00:00.000Z";
    const facts = { answered_at: "2026-11-20T10:05:00.000Z", completed_at };
    const { outcome, notes } = await verified(madeCertificate({ facts }));
    expect(outcome).toBe("holds");
    expect(notes.join("\n")).toContain("completed 2026-11-20T10:05:00.000Z, within the deadline");
    expect(notes.join("\n")).toContain(`was erased ${completed_at}`);
  });

  it("hold where batches that no index speaks for were opened in every round", async () => {
    const facts = { batches: { looked_at: 5, opened: 9, hit: 5 } };
    expect(await verified(madeCertificate({ facts }))).toMatchObject({ outcome: "holds" });
  });

  it("are caught when what is signed is another kind of document, or a later version", async () => {
    const record = { payloadType: "application/vnd.lethe.erasure-record+json" };
    expect((await verified(madeCertificate(record))).caught.join()).toContain("no certificate");
    const later = await verified(madeCertificate({ payload: { version: 2 } }));
    expect(later.caught.join()).toContain("this knows version 1");
  });
});

describe("the command with a file", { timeout: 30_000 }, () => {
  const run = (...args: string[]): Promise<{ code: number | null; output: string }> =>
    new Promise((resolve) => {
      const script = path.resolve(import.meta.dirname, "../../scripts/verify.ts");
      const child = spawn(process.execPath, [script, ...args]);
      let output = "";
      child.stdout.on("data", (bytes) => {
        output += bytes;
      });
      child.on("exit", (code) => resolve({ code, output }));
    });

  it("ends with 0, 1 and 2 as with a lake", async () => {
    const right = await fileOf(madeCertificate());
    const wrong = await fileOf(madeCertificate({ said: { rows_removed: 0 } }));
    const holds = await run("--certificate", right, "--key", SIGNER.vkey);
    expect([holds.code, holds.output]).toEqual([0, expect.stringContaining("Everything holds.")]);
    const caught = await run("--certificate", wrong);
    expect([caught.code, caught.output]).toEqual([1, expect.stringContaining("rows_removed")]);
    const calls = [
      ["--certificate", path.join(directory, "nowhere")],
      ["--certificate", await fileOf("not JSON")],
      ["--certificate", await fileOf("[]")],
      ["--certificate", right, "--key", "nonsense"],
      ["--certificate", right, "http://127.0.0.1:1/lakes/demo"],
      ["--certificate", right, "--save", directory],
    ];
    const ended = await Promise.all(calls.map((call) => run(...call)));
    expect(ended.map(({ code }) => code)).toEqual(calls.map(() => 2));
  });
});
