/**
 * `npm run canary`: plants a person who exists nowhere else through every entrance of a lake, has
 * them forgotten, and searches every byte that the server has persisted for them. Ends with 1 when
 * anything of them is left, or when the search before the erasure has missed an entrance.
 */
import process from "node:process";
import { ENTRANCES } from "./support/canary/entrances.ts";
import { runCanary } from "./support/canary/run.ts";
import type { Hit, Scan } from "./support/canary/scan.ts";

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

const number = (value: number): string => value.toLocaleString("en");

const figures = (name: string, scan: Scan): void => {
  const { open, shut } = scan.sealed_texts;
  say(`${name}:`);
  say(`  ${number(scan.hits.length)} hits in ${number(placesOf(scan.hits).length)} places`);
  say(
    `  ${number(scan.bytes)} bytes in ${scan.files} files, of them ${scan.databases} databases ` +
      `with free pages and write-ahead logs, and ${scan.objects} objects`,
  );
  say(`  ${number(scan.layer_bytes)} bytes more in ${number(scan.layers)} layers: decompressed`);
  say(`  pages and files, ${scan.sealed_objects} objects and ${open} texts that were unsealed`);
  say(`  ${shut} sealed texts that no key opens any more`);
};

const placesOf = (hits: readonly Hit[]): readonly string[] => [
  ...new Set(hits.map(({ place }) => place)),
];

const [result] = await runCanary({ tell: say });
if (!result) throw new Error("there was no canary");
const { before, after, unseen, deletion } = result;
say("");
figures("Before the erasure", before);
figures("After it", after);
say("");
for (const name of unseen) say(`MISSED before the erasure: ${name}`);
for (const { place, form } of after.hits) say(`LEFT (${form}): ${place}`);
const passed = unseen.length === 0 && after.hits.length === 0 && before.hits.length > 0;
say(
  passed
    ? `The canary came in through ${ENTRANCES.length} entrances, and nothing of it is left.`
    : `The canary is not gone, or was not seen. The request is ${String(deletion.status)}.`,
);
process.exitCode = passed ? 0 : 1;
