/**
 * `npm run verify -- <lake url>`: checks a lake's event log from outside, as an auditor would. It
 * reads everything the lake signs, computes every hash anew, and says which event does not fit.
 * With `--certificate <file>` it checks a certificate of erasure, without any server. It shares no
 * code with the server. Exit code: 0 everything holds, 1 something was caught, 2 the log
 * could not be read or the call was wrong.
 */
import process from "node:process";
import { parseArgs, styleText } from "node:util";
import { verifyCertificateFile } from "./support/verify/certificate.ts";
import { type Finding, type Mark, Report } from "./support/verify/report.ts";
import { type Outcome, verifyLog } from "./support/verify/verifyLog.ts";

const USAGE = `Usage: npm run verify -- <lake url> [options]
       npm run verify -- --certificate FILE [--key VKEY]

  <lake url>     for example http://127.0.0.1:8000/lakes/demo
  --key VKEY     the lake's verifier key, known beforehand; without it the server's word is taken
  --since FILE   an older checkpoint: has the log only grown since?
  --copy FILE    an export (NDJSON) made earlier: is it, line by line, what the lake signs?
  --save DIR     keep key, checkpoint and events.ndjson there, for the next --key, --since, --copy

  --certificate FILE
                 what GET /deletions/{id}/certificate answered: checked without any server

The variable LETHE_TOKEN, when set, is sent as a bearer token.
`;

const EXIT_CODES = { holds: 0, caught: 1, unreadable: 2 } satisfies Record<Outcome, number>;

const SUMMARY = {
  holds: "Everything holds.",
  caught: "Something was caught: see above.",
  unreadable: "Not verified: it could not be read.",
} satisfies Record<Outcome, string>;

const MARKS = {
  ok: styleText("green", "ok    "),
  caught: styleText("red", "CAUGHT"),
  note: styleText("dim", "note  "),
} satisfies Record<Mark, string>;

/** What a server says is printed, so it may not move the cursor. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, "?");

const tell = ({ mark, check, text }: Finding): void => {
  clearProgress();
  process.stdout.write(`  ${MARKS[mark]}  ${check.padEnd(10)}  ${printable(text)}\n`);
};

const PROGRESS_EVERY = 10_000;

const progress = (done: number, of: number): void => {
  if (process.stderr.isTTY && done % PROGRESS_EVERY === 0)
    process.stderr.write(`\r  ${done.toLocaleString("en-GB")} of ${of.toLocaleString("en-GB")} …`);
};

const clearProgress = (): void => {
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
};

const usage = (reason: string): never => {
  process.stderr.write(`${reason}\n\n${USAGE}`);
  process.exit(2);
};

const parsed = () => {
  const text = { type: "string" } as const;
  const options = {
    key: text,
    since: text,
    copy: text,
    save: text,
    certificate: text,
  } as const;
  try {
    return parseArgs({
      options: { ...options, help: { type: "boolean" } },
      allowPositionals: true,
    });
  } catch (error) {
    return usage((error as Error).message);
  }
};

const { values, positionals } = parsed();
if (values.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const { help: _, certificate, ...files } = values;

const verifyLake = async (report: Report): Promise<Outcome> => {
  const [address = "", ...surplus] = positionals;
  if (surplus.length > 0 || !/^https?:$/.test(URL.parse(address)?.protocol ?? ""))
    usage("One lake's URL is needed, with http:// or https://.");
  const lake = address.replace(/\/+$/, "");
  process.stdout.write(`The log of ${lake}\n`);
  const token = process.env.LETHE_TOKEN || undefined;
  return verifyLog({ lake, token, progress, ...files }, report);
};

const verifyFile = (file: string, report: Report): Promise<Outcome> => {
  const { key, ...others } = files;
  if (positionals.length > 0 || Object.values(others).some((value) => value !== undefined))
    usage("A certificate is checked by itself: besides it only --key is taken.");
  process.stdout.write(`The certificate ${file}\n`);
  return verifyCertificateFile(file, key, report);
};

const report = new Report(tell);
const outcome = await (certificate === undefined
  ? verifyLake(report)
  : verifyFile(certificate, report));
process.stdout.write(`${SUMMARY[outcome]}\n`);
process.exitCode = EXIT_CODES[outcome];
