/**
 * `npm run import -- <lake url> <file.ndjson>`: brings an export of a lake's log (GET
 * /events?format=ndjson) into a lake of the same id that has none, so that its tree has the same
 * root. Exit code: 0 the lake is open with that root, 1 the file or the lake is not fit for it, 2
 * the lake or a file could not be read or the call was wrong.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { importLog } from "./support/import/importLog.ts";
import { ImportError } from "./support/import/lakeImport.ts";

const USAGE = `Usage: npm run import -- <lake url> <file.ndjson> [options]

  <lake url>         for example http://127.0.0.1:8000/lakes/demo
  <file.ndjson>      from GET <lake url>/events?format=ndjson of the lake it came from
  --checkpoint FILE  a checkpoint of that lake: has the file its root?
  --key VKEY         that lake's verifier key, known beforehand: is the checkpoint signed by it?

An interrupted import goes on when the same is called again. What a log does not hold does not come
with it: keys (sealed fields stay unreadable, pseudonyms and the signature are another key's) and
the objects in the store. The variable LETHE_TOKEN, when set, is sent as a bearer token.
`;

const AGAIN = "It is not known to be imported: the same call goes on where this one stopped.";

const usage = (reason: string): never => {
  process.stderr.write(`${reason}\n\n${USAGE}`);
  process.exit(2);
};

/** What a server says is printed, so it may not move the cursor. */
const printable = (text: string): string => text.replaceAll(/\p{Cc}/gu, "?");

const parsed = () => {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      options: { checkpoint: text, key: text, help: { type: "boolean" } },
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
const [address = "", file = "", ...surplus] = positionals;
if (surplus.length > 0 || file === "" || !/^https?:$/.test(URL.parse(address)?.protocol ?? "")) {
  usage("One lake's URL, with http:// or https://, and one file are needed.");
}
if (values.key !== undefined && values.checkpoint === undefined) {
  usage("--key checks the signature of a --checkpoint: both are needed.");
}

try {
  await importLog({
    lake: address.replace(/\/+$/, ""),
    file,
    checkpoint: values.checkpoint,
    key: values.key,
    token: process.env.LETHE_TOKEN || undefined,
    tell: (text) => process.stdout.write(`${printable(text)}\n`),
    progress: (done, of) => {
      if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${done} of ${of} …`);
      if (process.stderr.isTTY && done === of) process.stderr.write("\r\u001b[K");
    },
  });
} catch (error) {
  const reason = printable((error as Error).message);
  const refused = error instanceof ImportError;
  // What was not answered may have been done all the same.
  process.stderr.write(refused ? `Not imported: ${reason}\n` : `${reason}\n${AGAIN}\n`);
  process.exitCode = refused ? 1 : 2;
}
