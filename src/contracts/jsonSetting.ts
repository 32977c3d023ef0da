/** Settings of the deployment that are JSON. A fault says what is wrong and where, not what stands there. */
import type { z } from "zod";

export type Read<Value> =
  | { readonly fault: null; readonly value: Value }
  | { readonly fault: string };

/** Reads the setting called `name`, which is `form`, by its schema. */
export const readJsonSetting = <Value>(
  name: string,
  form: string,
  schema: z.ZodType<Value>,
  text: string,
): Read<Value> => {
  const json = parsedJson(text);
  if (json === undefined) return { fault: `${name} is not JSON: it is ${form}.` };
  const read = schema.safeParse(json);
  if (read.success) return { fault: null, value: read.data };
  const [issue] = read.error.issues;
  const where = issue?.path.map(String).join(".") || "it";
  return { fault: `${name} is not valid: ${where} ${issue?.message ?? "is wrong"}.` };
};

/** Undefined when the text is no JSON. */
export const parsedJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
