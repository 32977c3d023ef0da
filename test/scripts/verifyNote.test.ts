import { describe, expect, it } from "vitest";
import {
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  signedBy,
} from "../../scripts/support/verify/note.ts";
import { newSigner, signNote } from "./verifyLake.ts";

const signer = newSigner("lethe/demo");
const TEXT = "lethe/demo\n3\nrra8/idLcKFPsGel5VeCZNsPqbUa9eC6FZFY8yngbnc=\n";

const key = (line: string) => {
  const parsed = parseVerifierKey(line);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
};

const note = (text: string) => {
  const parsed = parseNote(Buffer.from(text));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
};

describe("a verifier key", () => {
  it("is read with its name and key hash, a newline behind it or not", () => {
    expect(key(`${signer.vkey}\n`)).toMatchObject({
      name: "lethe/demo",
      keyHash: signer.keyHash.toString("hex"),
      text: signer.vkey,
    });
  });

  it("is read when its base64 has plus signs", () => {
    let plus = newSigner("lethe/demo");
    while (!plus.vkey.slice(-44).includes("+")) plus = newSigner("lethe/demo");
    expect(key(plus.vkey).text).toBe(plus.vkey);
  });

  it("of the Go checksum database, made by other hands, is read", () => {
    const golang = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
    expect(key(golang)).toMatchObject({ name: "sum.golang.org", keyHash: "033de0ae" });
  });

  const [name, hash = "", encoded = ""] = signer.vkey.split(/\+(.{8})\+/);
  const malformed = {
    empty: "",
    "without a name": `+${hash}+${encoded}`,
    "with a space in its name": `le the+${hash}+${encoded}`,
    "with the hash of another name": `lethe/other+${hash}+${encoded}`,
    "with an upper case hash": `${name}+ABCDEF01+${encoded}`,
    "of another algorithm": `${name}+${hash}+${Buffer.alloc(33, 2).toString("base64")}`,
    "too short": `${name}+${hash}+${Buffer.alloc(32, 1).toString("base64")}`,
    "with a broken base64": `${name}+${hash}+${encoded}=`,
  };
  for (const [what, line] of Object.entries(malformed))
    it(`is refused when it is ${what}`, () => {
      expect(parseVerifierKey(line)).toMatchObject({ ok: false });
    });
});

describe("a signed note", () => {
  const signed = signNote(TEXT, signer);

  it("is signed by its key, over the text with its last newline", () => {
    expect(note(signed).text).toBe(TEXT);
    expect(signedBy(note(signed), key(signer.vkey))).toBe("signed");
  });

  it("is unsigned for another key, even one of the same name", () => {
    expect(signedBy(note(signed), key(newSigner("lethe/demo").vkey))).toBe("unsigned");
  });

  it("is forged when a letter of its text is another", () => {
    expect(signedBy(note(signed.replace("\n3\n", "\n4\n")), key(signer.vkey))).toBe("forged");
  });

  it("may carry signatures of strangers", () => {
    const [, stranger = ""] = signNote(TEXT, newSigner("witness.example")).split("\n\n");
    expect(signedBy(note(signed + stranger), key(signer.vkey))).toBe("signed");
    expect(signedBy(note(`${TEXT}\n${stranger}`), key(signer.vkey))).toBe("unsigned");
  });

  it("is spoilt by a second signature that claims to be of the same key and is not", () => {
    const [, wrong = ""] = signNote(`${TEXT}x\n`, signer).split("\n\n");
    expect(signedBy(note(signed + wrong), key(signer.vkey))).toBe("forged");
  });

  it("ends its text at the last empty line", () => {
    const text = "one\n\ntwo\n";
    expect(note(signNote(text, signer)).text).toBe(text);
  });

  const malformed = {
    empty: "",
    "without signatures": TEXT,
    "with an empty line and nothing behind it": `${TEXT}\n`,
    "without its last newline": signed.slice(0, -1),
    "with a hyphen for the dash": signed.replace("—", "-"),
    "with a signature that is not base64": signed.replace(/.\n$/, "!\n"),
    "with a signature of four bytes": `${TEXT}\n— lethe/demo AAAAAA==\n`,
    "with a carriage return": signed.replace("\n", "\r\n"),
    "with two spaces": signed.replace("lethe/demo ", "lethe/demo  "),
    "with a hundred and one signatures": `${TEXT}\n${(signed.split("\n\n")[1] ?? "").repeat(101)}`,
    "too long": `${"x".repeat(1024 * 1024)}\n${signed}`,
  };
  for (const [what, text] of Object.entries(malformed))
    it(`is refused when it is ${what}`, () => {
      expect(parseNote(Buffer.from(text))).toMatchObject({ ok: false });
    });

  it("is refused when it is not UTF-8", () => {
    const bytes = Buffer.concat([Buffer.of(0xff), Buffer.from(signed)]);
    expect(parseNote(bytes)).toMatchObject({ ok: false });
  });
});

describe("a checkpoint", () => {
  it("has an origin, a size and a root, and maybe lines behind them", () => {
    const parsed = parseCheckpoint(`${TEXT}extension\n`);
    expect(parsed).toMatchObject({ ok: true, value: { origin: "lethe/demo", size: 3 } });
  });

  const [origin, , root] = TEXT.split("\n");
  const malformed = {
    empty: "",
    "of two lines": `${origin}\n3\n`,
    "without an origin": `\n3\n${root}\n`,
    "of a size with a leading zero": `${origin}\n03\n${root}\n`,
    "of a negative size": `${origin}\n-3\n${root}\n`,
    "of a size in hexadecimal": `${origin}\n0x3\n${root}\n`,
    "of a size no number can hold": `${origin}\n99999999999999999999\n${root}\n`,
    "with a short root": `${origin}\n3\nAAAA\n`,
    "with a root that is not base64": `${origin}\n3\n${root?.slice(0, -1)}\n`,
  };
  for (const [what, text] of Object.entries(malformed))
    it(`is refused when it is ${what}`, () => {
      expect(parseCheckpoint(text)).toMatchObject({ ok: false });
    });
});
