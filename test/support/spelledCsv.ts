/**
 * Tables as somebody else writes them: cells spelt as a reading says, bytes in its encoding. Made
 * from the cells by other code than reads them.
 */
import { type Cell, rowsOf } from "../../src/data/columnCells.ts";
import type { ColumnChunk } from "../../src/data/columns.ts";
import { toText } from "../../src/data/types.ts";
import type { CsvDialect, Encoding, Reading } from "../../src/domain/reading.ts";
import type { ColumnType, Schema } from "../../src/domain/table.ts";
import fc from "./property.ts";

const MICROS_PER_HOUR = 3_600_000_000n;
const MICROS_PER_DAY = 24n * MICROS_PER_HOUR;

const pagesOf = new Map<string, ReadonlyMap<string, number>>();

/** The bytes from 0x80 on of a code page, by their characters. */
const pageOf = (encoding: string): ReadonlyMap<string, number> => {
  const known = pagesOf.get(encoding);
  if (known) return known;
  const decoder = new TextDecoder(encoding);
  const page = new Map<string, number>();
  for (let byte = 0x80; byte < 0x100; byte += 1) {
    const character = decoder.decode(Uint8Array.of(byte));
    if (!/[\x80-\x9f\ufffd]/.test(character)) page.set(character, byte);
  }
  pagesOf.set(encoding, page);
  return page;
};

export const encoded = (text: string, encoding: Encoding = "utf-8"): Uint8Array => {
  if (encoding === "utf-8") return Buffer.from(text, "utf8");
  if (encoding === "utf-16le") return Buffer.from(text, "utf16le");
  if (encoding === "utf-16be") return Buffer.from(text, "utf16le").swap16();
  const page = pageOf(encoding);
  return Uint8Array.from([...text], (character) => {
    const byte = character < "\x80" ? character.charCodeAt(0) : page.get(character);
    if (byte === undefined) throw new Error(`${encoding} has no ${character}`);
    return byte;
  });
};

/** The text with what the encoding has no place for put into words of ASCII. */
const within = (text: string, encoding: Encoding | undefined): string => {
  if (encoding === undefined || encoding.startsWith("utf")) return text;
  const page = pageOf(encoding);
  return [...text].map((each) => (each < "\x80" || page.has(each) ? each : "?")).join("");
};

const grouped = (digits: string, mark: string | undefined): string =>
  mark === undefined ? digits : digits.replace(/\d(?=(?:\d{3})+$)/g, `$&${mark}`);

const numberText = (text: string, reading: Reading): string => {
  const { decimal_separator: point = ".", thousands_separator: mark } = reading;
  const [, sign = "", whole = "", fraction, power = ""] =
    /^(-?)(\d+)(?:\.(\d+))?(e.*)?$/.exec(text) ?? [];
  return `${sign}${grouped(whole, mark)}${fraction ? point + fraction : ""}${power}`;
};

const inFormat = (format: string, iso: string): string => {
  const [, year = "", month = "", day = "", hour = "", minute = "", second = "", fraction = "0"] =
    /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?Z)?$/.exec(iso) ?? [];
  const short = (digits: string) => String(Number(digits));
  const tokens: Readonly<Record<string, string>> = {
    ...{ YYYY: year, MM: month, DD: day, HH: hour, mm: minute, ss: second, SSS: fraction },
    ...{ M: short(month), D: short(day), H: short(hour) },
  };
  return format.replace(/YYYY|MM?|DD?|HH?|mm|ss|SSS/g, (token) => tokens[token] ?? token);
};

const ofZone = (micros: bigint, zone: string): bigint => {
  const wall = new Intl.DateTimeFormat("sv-SE", {
    timeZone: zone,
    dateStyle: "short",
    timeStyle: "medium",
  }).format(Number(micros / 1000n));
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  return BigInt(Date.parse(`${wall.replace(" ", "T")}Z`)) * 1000n + fraction;
};

/** The cell that can be told from its spelling, of one that may be any of its type. */
export const tellable = (cell: Cell, type: ColumnType, reading: Reading): Cell => {
  if (type === "string" && typeof cell === "string") {
    const text = within(cell, reading.encoding);
    const kept = reading.trim === true ? text.trim() : text;
    return reading.null_values?.includes(kept) ? null : kept;
  }
  if (type === "datetime" && typeof cell === "bigint" && reading.time_zone !== undefined) {
    // At daytime, and in years whose clocks are known: no hour there comes twice.
    const day = ((cell / MICROS_PER_DAY) % 50_000n) + 20_000n;
    const left =
      ((cell % (12n * MICROS_PER_HOUR)) + 12n * MICROS_PER_HOUR) % (12n * MICROS_PER_HOUR);
    return (day < -20_000n ? -day : day) * MICROS_PER_DAY + 6n * MICROS_PER_HOUR + left;
  }
  return cell;
};

const fieldOf = (cell: Cell, type: ColumnType, reading: Reading): string | null => {
  if (cell === null) return null;
  switch (type) {
    case "int":
    case "float":
    case "decimal":
      return numberText(toText(cell, type).toLowerCase(), reading);
    case "boolean": {
      const { true_values = ["true"], false_values = ["false"] } = reading;
      return (cell === true ? true_values[0] : false_values[0]) ?? "";
    }
    case "date":
      return inFormat(reading.date_format ?? "YYYY-MM-DD", toText(cell, type));
    case "datetime": {
      const { time_zone: zone, datetime_format: format } = reading;
      const local = zone === undefined || typeof cell !== "bigint" ? cell : ofZone(cell, zone);
      const text = toText(local, type);
      if (format !== undefined) return inFormat(format, text);
      return zone === undefined ? text : text.slice(0, -1);
    }
    default:
      return String(cell);
  }
};

/** The file, and how it is to be read; the cells are such as `tellable` leaves them. */
export const spelledCsv = (
  schema: Schema,
  chunk: ColumnChunk,
  { delimiter = ",", reading = {} }: CsvDialect,
  line_end = "\r\n",
): Uint8Array => {
  const columns = Object.entries(schema);
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
  const bare = new RegExp(`^[^"\\r\\n\\${delimiter}]+$`);
  const padded = reading.trim === true ? " " : "";
  const lines = rowsOf(chunk).map((row, at) =>
    columns
      .map(([, type], index) => {
        const text = fieldOf(row[index] ?? null, type, reading);
        if (text === null) return reading.null_values?.[at % 2] ?? "";
        if (type === "string") return quoted(padded + text);
        return bare.test(text) ? padded + text : quoted(text);
      })
      .join(delimiter),
  );
  const header = columns.map(([name]) => name).join(delimiter);
  const all = reading.header === false ? lines : [header, ...lines];
  return encoded(all.map((line) => line + line_end).join(""), reading.encoding);
};

const format = (formats: readonly string[]) => fc.constantFrom(...formats);

/** Ways of writing a file that go together. */
export const dialects: fc.Arbitrary<CsvDialect> = fc
  .record({
    delimiter: fc.constantFrom(";", ",", "\t", "|"),
    reading: fc.record(
      {
        encoding: fc.constantFrom(
          ...(["utf-8", "utf-16le", "utf-16be", "windows-1252", "iso-8859-15"] as const),
          ...(["windows-1250", "iso-8859-2", "iso-8859-1", "macintosh"] as const),
        ),
        header: fc.boolean(),
        decimal_separator: fc.constantFrom(".", ","),
        thousands_separator: fc.constantFrom(" ", "'"),
        date_format: format(["DD.MM.YYYY", "D/M/YYYY", "YYYYMMDD", "MM-DD-YYYY"]),
        datetime_format: format(["DD.MM.YYYY HH:mm:ss.SSS", "YYYY/M/D H:mm:ss,SSS"]),
        time_zone: fc.constantFrom("Europe/Berlin", "America/New_York", "Asia/Kolkata"),
        null_values: fc.constantFrom(["NA", "\\N"], ["-", "n/a"], []),
        trim: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
    words: fc.boolean(),
  })
  .map(({ delimiter, reading, words }) => ({
    delimiter,
    reading: words ? { ...reading, true_values: ["ja"], false_values: ["nein"] } : reading,
  }));
