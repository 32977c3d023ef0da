/** Fields that commands and questions share: their limits and what they look like on the wire. */
import { z } from "zod";
import {
  type BatchId,
  type ContractId,
  type DatasetName,
  type DeletionId,
  ID_PATTERN,
  type LakeId,
  type PrivacyRunId,
  type ReplayId,
  type SubjectAccessId,
  type TokenId,
  type WebhookId,
} from "../domain/ids.ts";
import { ROLES } from "../domain/member/roles.ts";
import { subjectFault } from "../domain/member/subject.ts";
import { placementOf, REGION_HELP } from "../domain/residency.ts";
import { COLUMN_TYPES } from "../domain/table.ts";
import { countryFault } from "./countries.ts";

/** Longest free text: reasons, purposes, descriptions. */
export const MAX_TEXT = 4000;
/** Longest name of a person, system or place. */
export const MAX_NAME = 255;
export const MAX_COLUMNS = 1000;
/** Accesses that one request may record. */
export const MAX_AUDITS = 1000;
/** Batches that one request gives out. */
export const MAX_CONSUMED = 200;
/** Datasets that one erasure may spare for now. */
export const MAX_WITHHELD = 100;
/** Datasets that one webhook may be narrowed down to. */
export const MAX_WATCHED = 100;
/** Longest address of a webhook. */
export const MAX_URL = 2048;

const RULE = "1-128 of A-Z a-z 0-9 . _ -, starting with a letter or digit";

const id = <Id extends string>(example: string) =>
  z
    .string()
    .regex(ID_PATTERN, `must be ${RULE}`)
    .meta({ example })
    .transform((value) => value as Id);

export const lakeId = id<LakeId>("default");
export const datasetName = id<DatasetName>("sales");
export const contractId = id<ContractId>("contract1");
export const batchId = id<BatchId>("batch1");
export const deletionId = id<DeletionId>("6f1e6a0e-0d5c-4c8e-9b0e-0d1f6a3c2b10");
export const webhookId = id<WebhookId>("4d1d0f3c-7a55-4b8e-8f0a-2f6f7d9c1a10");
export const subjectAccessId = id<SubjectAccessId>("2c9a4f0e-5b7d-4a51-9a1e-7f3c8d2b6e44");
export const tokenId = id<TokenId>("9f1c2b3a4d5e6f70");
export const privacyRunId = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}~[1-9]\d{0,8}$/,
    "must be a run_id as POST /run-privacy answers it, <batch_id>~<revision>",
  )
  .meta({ example: "batch1~2" })
  .transform((value) => value as PrivacyRunId);
export const replayId = id<ReplayId>("0b2c7f0a-51a8-4f6d-8a8e-7a1c6b9d3e55");

/**
 * A name within the landing area: no way out of it, and nothing a URL would read differently, so
 * that what is signed is what was checked.
 */
export const filename = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[A-Za-z0-9._/-]+$/, "may have only A-Z a-z 0-9 . _ - and /")
  .refine((name) => /^[A-Za-z0-9]/.test(name), "must start with a letter or digit")
  .refine((name) => !name.includes(".."), "must not contain ..")
  .refine((name) => !name.includes("//"), "must not contain //")
  .refine((name) => !name.endsWith("/"), "must name a file")
  .refine((name) => !name.split("/").includes("."), "must not contain the segment .")
  .meta({ example: "sales_2024_01.csv" });

const noControl = (text: string) => !/\p{Cc}/u.test(text.replace(/[\n\r\t]/g, ""));

/** Free text of one line or more. */
export const text = z
  .string()
  .min(1)
  .max(MAX_TEXT)
  .refine((value) => value.trim().length > 0, "must not be blank")
  .refine(noControl, "must not contain control characters");

/** Who or what: one line. */
export const name = z
  .string()
  .min(1)
  .max(MAX_NAME)
  .refine((value) => value.trim().length > 0, "must not be blank")
  .refine((value) => !/\p{Cc}/u.test(value), "must not contain control characters");

/** A caller, as his issuer calls him: opaque, see domain/member/subject.ts. */
export const subject = z
  .string()
  .superRefine((value, context) => {
    const message = subjectFault(value);
    if (message !== null) context.addIssue({ code: "custom", message });
  })
  .meta({ example: "248289761001" });

export const roles = z
  .array(z.enum(ROLES))
  .min(1)
  .max(ROLES.length)
  .refine((all) => new Set(all).size === all.length, "names a role twice")
  .meta({ example: ["engineer"] });

const columnName = name;

export const columnType = z.enum(COLUMN_TYPES);

export const schema = z
  .record(columnName, columnType)
  .refine((columns) => Object.keys(columns).length > 0, "must have a column")
  .refine(
    (columns) => Object.keys(columns).length <= MAX_COLUMNS,
    `must not have more than ${MAX_COLUMNS} columns`,
  )
  .refine((columns) => !("*" in columns), "* names the table, not a column")
  .meta({ example: { id: "int", amount: "float" } });

/**
 * RFC 3339 with an offset, `T` and `Z` also as small letters (section 5.6), normalised to UTC with
 * milliseconds: times sort as texts. One whose year in UTC has more than four digits, or is before
 * the first, would not.
 */
export const time = z
  .string()
  .meta({ format: "date-time", example: "2026-11-23T12:00:00Z" })
  .transform((text) => (/^[\dTZ:.+-]+$/i.test(text) ? text.toUpperCase() : text))
  .pipe(z.iso.datetime({ offset: true }))
  .transform((value) => new Date(value).toISOString())
  .refine((utc) => /^\d{4}-/.test(utc), "must lie in the years 0000 to 9999 of UTC");

/** Of the calendar, in UTC. */
export const month = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, "must be a month, such as 2026-11")
  .meta({ example: "2026-11" });

/** A moment in RFC 3339, or a date alone: then nobody knows the hour. */
export const receipt = z.union([time, z.iso.date()]).meta({ example: "2026-01-31T10:00:00Z" });

function isTimeZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export const country = z
  .string()
  .superRefine((value, context) => {
    const message = countryFault(value);
    if (message !== null) context.addIssue({ code: "custom", message });
  })
  .meta({ example: "DE" });

export const timeZone = z
  .string()
  .refine(isTimeZone, "must be an IANA time zone, such as Europe/Berlin")
  .meta({ example: "Europe/Berlin" });

/** Seconds a signed URL is valid: 15 minutes unless said, 7 days at most (AWS Signature V4). */
export const DEFAULT_URL_SECONDS = 900;
export const MAX_URL_SECONDS = 604_800;
/** Fifteen digits: more than any count, and each such number is exact. */
const MAX_WHOLE = 999_999_999_999_999;

/** Every other text stays one, and is no number then. */
const numberOf = (text: unknown): unknown =>
  typeof text === "string" && /^\d{1,15}$/.test(text) ? Number(text) : text;

/**
 * A number in a path, a query or a header, where all is text: digits only, for what is no number (an
 * empty value, `0x2`, `1e2`) must not come out as one. What it is unless said is its `prefault`: a
 * `default` is left out of the OpenAPI document.
 */
export const wholeNumber = (least = 0, most = MAX_WHOLE) =>
  z.preprocess(
    numberOf,
    z
      .int("must be a whole number, in digits")
      .min(least, `must be at least ${least}`)
      .max(most, `must be at most ${most}`),
  );

export const DEFAULT_PAGE = 100;
export const MAX_PAGE = 1000;
export const page = {
  limit: wholeNumber(1, MAX_PAGE).prefault(DEFAULT_PAGE),
  cursor: z.string().min(1).max(512).optional(),
};

/** A moment of the past, one way or the other. */
export const when = {
  at: time.optional().meta({ description: "The state at this time (RFC 3339)." }),
  version: wholeNumber()
    .optional()
    .meta({ description: "The state when the log's last event had this sequence number." }),
};

/** A name of a place, see domain/residency.ts. */
export const region = name
  .refine((named) => placementOf(named) !== null, REGION_HELP)
  .meta({ example: "eu-west-1" });

/** Of a secret's bytes, as Standard Webhooks has them: 24 to 64, base64 behind the prefix. */
export const isWebhookSecret = (secret: string): boolean => {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  if (encoded === undefined || encoded.length % 4 !== 0) return false;
  const bytes = atob(encoded).length;
  return bytes >= 24 && bytes <= 64;
};

/** A member of a body that may be left out; null is the same as left out, in every body. */
export const optional = <Schema extends z.ZodType>(inner: Schema) =>
  inner.nullish().transform((value) => value ?? null);

/** The same, with what it is unless said. */
export const unless = <Schema extends z.ZodType>(
  inner: Schema,
  value: z.output<Schema> & (string | number | boolean),
) => inner.nullish().transform((given) => given ?? value);

export const expiresIn = unless(z.int().min(1).max(MAX_URL_SECONDS), DEFAULT_URL_SECONDS).meta({
  description: `Seconds the URL is valid; ${DEFAULT_URL_SECONDS} unless said.`,
});
