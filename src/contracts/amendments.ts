/** Bodies of commands that change what was said before. What is left out, or null, is as it was. */
import { z } from "zod";
import { country, name, optional, text, timeZone } from "./fields.ts";

const saysSomething = (body: Readonly<Record<string, unknown>>): boolean =>
  Object.values(body).some((said) => said !== null);

export const amendDataset = z
  .strictObject({
    description: optional(text),
    contains_pii: optional(z.boolean()).meta({
      description: "False only while nobody has said that the dataset holds personal data.",
    }),
    subject_column: optional(name).meta({
      description: "Where there is none yet, or while the dataset has no batch.",
    }),
  })
  .refine(saysSomething, "give description, contains_pii or subject_column")
  .meta({ id: "AmendDataset" });

export const changeLocality = z
  .strictObject({ country: optional(country), time_zone: optional(timeZone) })
  .refine(saysSomething, "give country or time_zone")
  .meta({ id: "ChangeLakeLocality" });
