/** Quality and privacy rules on the wire: the grammar is the domain's, the shape is checked here. */
import { z } from "zod";
import type { Result } from "../domain/decider.ts";
import type { Issue } from "../domain/rejection.ts";
import { roundedNumbers } from "../domain/rules/exactNumbers.ts";
import { MAX_K, MAX_K_COLUMNS, MIN_K, ON_VIOLATION } from "../domain/rules/kAnonymity.ts";
import { parsePrivacyRules } from "../domain/rules/privacy.ts";
import { parseQualityRules } from "../domain/rules/quality.ts";
import { name, unless } from "./fields.ts";
import { patternIssues } from "./pattern.ts";

type Raw = Record<string, unknown>;

const rules = (issuesOf: (raw: Raw) => readonly Issue[]) =>
  z.record(z.string(), z.unknown()).superRefine((raw, context) => {
    for (const { path, message } of [...issuesOf(raw), ...roundedNumbers(raw)]) {
      context.addIssue({ code: "custom", path: path === "" ? [] : path.split("."), message });
    }
  });

const failures = (parsed: Result<unknown, readonly Issue[]>): readonly Issue[] =>
  parsed.ok ? [] : parsed.error;

export const qualityRules = rules((raw) => {
  const parsed = parseQualityRules(raw);
  return parsed.ok ? patternIssues(parsed.value) : parsed.error;
}).meta({ example: { amount: ">0" } });

export const privacyRules = rules((raw) => failures(parsePrivacyRules(raw))).meta({
  example: { id: "mask" },
});

/** Whether the columns exist is decided with the schema at hand. */
export const kAnonymity = z
  .strictObject({
    columns: z
      .array(name)
      .min(1)
      .max(MAX_K_COLUMNS)
      .refine((columns) => new Set(columns).size === columns.length, "name each column once"),
    k: z.int().min(MIN_K).max(MAX_K),
    on_violation: unless(z.enum(ON_VIOLATION), "refuse"),
  })
  .meta({ example: { columns: ["zipcode", "age"], k: 5, on_violation: "refuse" } });
