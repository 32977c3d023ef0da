/**
 * The file that the data plane's figures are about: seven columns of most types, quotes, text
 * beyond ASCII, texts that repeat and texts that do not. The same bytes for the same size.
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";

export const SCHEMA = {
  id: "int",
  email: "string",
  name: "string",
  amount: "float",
  city: "string",
  signed_up: "date",
  active: "boolean",
} as const;

export const CITIES = ["Berlin", "Paris", "Madrid", "Roma", "Wien", "Kraków", "Lisboa", "Köln"];

/** Three rules, which every row passes, and two columns that are protected. */
export const QUALITY = {
  id: { rule: "not_null", on_fail: "quarantine_rows" },
  amount: { rule: ">=0", on_fail: "quarantine_rows" },
  city: { rule: `in:${CITIES.join(",")}`, on_fail: "quarantine_rows" },
};
export const PRIVACY = { email: "hash", name: "mask" };

/** Writes about so many bytes; returns the number of rows. */
export const writeFile = async (file: string, bytes: number): Promise<number> => {
  const out = createWriteStream(file);
  out.write(`${Object.keys(SCHEMA).join(",")}\n`);
  let rows = 0;
  let written = 0;
  let seed = 12_345;
  /** A linear congruential generator: the same numbers on every machine. */
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  while (written < bytes) {
    let lines = "";
    for (let line = 0; line < 1000; line += 1) {
      rows += 1;
      const day = new Date(1.6e12 + Math.floor(random() * 1e11)).toISOString().slice(0, 10);
      const city = CITIES[Math.floor(random() * CITIES.length)];
      lines +=
        `${rows},user${Math.floor(random() * 1e7)}@example.org,` +
        `"Person ${rows % 5000}, ${CITIES[rows % 3]}",${(random() * 10_000).toFixed(2)},` +
        `${city},${day},${random() < 0.5}\n`;
    }
    written += Buffer.byteLength(lines);
    if (!out.write(lines)) await once(out, "drain");
  }
  out.end();
  await once(out, "close");
  return rows;
};
