/** How CSV files are to be read, on the wire; what does not go together, the domain says. */
import { z } from "zod";
import {
  DECIMAL_SEPARATORS,
  ENCODINGS,
  MAX_READING_TEXT_CHARS,
  MAX_READING_TEXTS,
  mergedReading,
  type Reading,
  type ReadingChanges,
  THOUSANDS_SEPARATORS,
} from "../domain/reading.ts";
import { isDelimiter } from "../domain/table.ts";
import { FORMAT_HELP, MAX_FORMAT_CHARS, parseTimeFormat } from "../domain/timeFormat.ts";
import { timeZone } from "./fields.ts";

export const delimiter = z
  .string()
  .refine(isDelimiter, "must be one character of ASCII, no letter, digit, quote or line end")
  .meta({
    description:
      "What parts the fields of a CSV file. Left out: comma, semicolon, tab or bar, whichever " +
      "makes the most columns of the schema appear in the header.",
    example: ";",
  });

const timeFormat = (kind: "date" | "datetime", example: string) =>
  z
    .string()
    .max(MAX_FORMAT_CHARS)
    .superRefine((format, context) => {
      const parsed = parseTimeFormat(format, kind);
      if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.error });
    })
    .meta({ description: FORMAT_HELP, example });

/** They stand in the log: a vocabulary, not anybody's data. */
const texts = (least: number, description: string, example: readonly string[]) =>
  z
    .array(z.string().max(MAX_READING_TEXT_CHARS))
    .min(least)
    .max(MAX_READING_TEXTS)
    .meta({ description, example });

const members = {
  delimiter: delimiter.nullish(),
  encoding: z.enum(ENCODINGS).nullish(),
  header: z.boolean().nullish().meta({
    description: "false: the file has none, its columns stand in the order of the schema.",
  }),
  decimal_separator: z.enum(DECIMAL_SEPARATORS).nullish(),
  thousands_separator: z.enum(THOUSANDS_SEPARATORS).nullish(),
  date_format: timeFormat("date", "DD.MM.YYYY").nullish(),
  datetime_format: timeFormat("datetime", "DD.MM.YYYY HH:mm:ss").nullish(),
  time_zone: timeZone.nullish().meta({ description: "Of times that do not say their offset." }),
  true_values: texts(1, "In any case of their letters.", ["ja"]).nullish(),
  false_values: texts(1, "In any case of their letters.", ["nein"]).nullish(),
  null_values: texts(0, "They stand for nothing, in quotes or not.", ["NA", "-"]).nullish(),
  trim: z.boolean().nullish().meta({ description: "true: blanks around texts do not count." }),
};

const example = { decimal_separator: ",", date_format: "DD.MM.YYYY", encoding: "windows-1252" };

/** A contract's: null is as left out. */
export const reading = z
  .strictObject(members)
  .transform((said): Reading => mergedReading(undefined, saidIn(said)))
  .meta({ id: "Reading", description: "How CSV files are to be read.", example });

/** An append's: null takes away what the contract says. */
export const readingChanges = z
  .strictObject(members)
  .transform((said): ReadingChanges => saidIn(said))
  .meta({
    id: "ReadingChanges",
    description: "What the contract does not say of how to read a CSV file, or otherwise.",
    example,
  });

type Members = z.output<z.ZodObject<typeof members>>;

const saidIn = (said: Members): ReadingChanges => {
  const entries = Object.entries(said).filter(([, value]) => value !== undefined);
  // Every member that is left has the type it came with.
  return Object.fromEntries(entries) as ReadingChanges;
};
