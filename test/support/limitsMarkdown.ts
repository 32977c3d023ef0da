/** The limits that a user may run into, as the README shows them: each from the code's own constant. */
import { MAX_EXPORTED } from "../../src/application/datasetManifest.ts";
import { MAX_LISTENERS, MAX_LISTENERS_OF_ONE } from "../../src/application/eventStream.ts";
import { MAX_IMPORT_LINES } from "../../src/application/importLog.ts";
import { MAX_LEAVES } from "../../src/application/logProofs.ts";
import { MAX_REPLAY_BATCHES } from "../../src/application/toCommand.ts";
import { MAX_DELIVERY_ATTEMPTS } from "../../src/application/webhooks.ts";
import { MAX_EVENT_BYTES } from "../../src/contracts/eventSize.ts";
import * as fields from "../../src/contracts/fields.ts";
import { FOLDING_COST, MAX_PATTERN_COST, MAX_PROGRAM_SIZE } from "../../src/contracts/pattern.ts";
import { MAX_CSV_FIELDS } from "../../src/data/csvHeader.ts";
import { MAX_GROUPED_PEOPLE, MAX_GROUPS } from "../../src/data/groupCounts.ts";

import { MAX_PAGE_BYTES } from "../../src/data/parquetMemory.ts";
import { MAX_ROW_GROUP_BYTES } from "../../src/data/parquetSource.ts";
import { MAX_READS } from "../../src/data/quality/seenRuns.ts";
import { MAX_RECORD_BYTES } from "../../src/data/textInput.ts";
import { MAX_UNPACKED_BYTES } from "../../src/data/unpackBudget.ts";
import { MAX_MEMBERS } from "../../src/domain/member/decide.ts";
import { MAX_SUBJECT } from "../../src/domain/member/subject.ts";
import { MAX_READING_TEXT_CHARS, MAX_READING_TEXTS } from "../../src/domain/reading.ts";
import { MAX_K_COLUMNS } from "../../src/domain/rules/kAnonymity.ts";
import * as privacy from "../../src/domain/rules/privacyGrammar.ts";
import * as quality from "../../src/domain/rules/qualityBodies.ts";
import { MAX_QUALITY_RULES, MAX_RULE_CHARS } from "../../src/domain/rules/qualityGrammar.ts";
import { MAX_FORMAT_CHARS } from "../../src/domain/timeFormat.ts";
import { MAX_TOKEN_DAYS, MAX_TOKENS, MAX_TOKENS_OF_ONE } from "../../src/domain/token/decide.ts";
import { MAX_WEBHOOKS } from "../../src/domain/webhook/decide.ts";
import { MAX_JWT_LENGTH } from "../../src/http/auth/verifyJwt.ts";
import * as http from "../../src/http/limits.ts";
import * as rates from "../../src/http/rateLimits.ts";

const bytes = (count: number): string => {
  const units = ["bytes", "KiB", "MiB", "GiB"];
  let unit = 0;
  let left = count;
  for (; left >= 1024 && left % 1024 === 0; left /= 1024) unit += 1;
  return `${left} ${units[unit]}`;
};

const count = (value: number): string => value.toLocaleString("en");

const per = (value: number): string => `${count(value)} in ${rates.RATE_PERIOD_S} s`;

type Row = readonly [what: string, most: string, answer: string];

const ROWS: readonly Row[] = [
  ["body of a command", bytes(http.MAX_COMMAND_BYTES), "413"],
  ["body with schemas, rules or many accesses", bytes(http.MAX_CONTENT_BYTES), "413"],
  [
    "lines of a log to import",
    `${bytes(http.MAX_LINES_BYTES)}, ${count(MAX_IMPORT_LINES)} lines`,
    "413, 422",
  ],
  ["headers in all", bytes(http.MAX_HEADER_BYTES), "413"],
  [
    "path, query",
    `${count(http.MAX_PATH_LENGTH)}, ${count(http.MAX_QUERY_LENGTH)} characters`,
    "422",
  ],
  ["levels of JSON", count(http.MAX_JSON_DEPTH), "422"],
  ["members and items in one body", count(http.MAX_JSON_MEMBERS), "422"],
  ["`Idempotency-Key`", `${http.MAX_IDEMPOTENCY_KEY_LENGTH} characters`, "400"],
  ["`X-Request-Id`", `${http.MAX_REQUEST_ID_LENGTH} characters`, "another is taken"],
  ["JSON Web Token", `${count(MAX_JWT_LENGTH)} characters`, "401"],
  ["requests of one caller or token", per(rates.CALLER_REQUESTS), "429"],
  ["requests of an address whose callers are tokens or nobody", per(rates.ADDRESS_REQUESTS), "429"],
  [
    "requests to one lake: by persons, by tokens, by nobody",
    `${per(rates.LAKE_REQUESTS)} each`,
    "429",
  ],
  ["streams of events from one lake", count(MAX_LISTENERS), "503"],
  ["of them of one caller or token", count(MAX_LISTENERS_OF_ONE), "429"],
  ["items of a list", count(fields.MAX_PAGE), "422"],
  ["leaves of the log at once", count(MAX_LEAVES), "the first are given"],
  ["free text, name", `${count(fields.MAX_TEXT)}, ${fields.MAX_NAME} characters`, "422"],
  ["subject of a caller", `${MAX_SUBJECT} characters`, "401, 422"],
  ["columns of a schema", count(fields.MAX_COLUMNS), "422"],
  ["accesses in one request", count(fields.MAX_AUDITS), "422"],
  [
    "quality rules; values in a list; characters of one",
    [MAX_QUALITY_RULES, quality.MAX_LIST_VALUES, MAX_RULE_CHARS].map(count).join("; "),
    "422",
  ],
  ["columns of `unique`, of k-anonymity", `${quality.MAX_UNIQUE_COLUMNS}, ${MAX_K_COLUMNS}`, "422"],
  [
    "regular expression",
    `${count(quality.MAX_PATTERN_CHARS)} characters, ${count(MAX_PROGRAM_SIZE)} instructions of RE2`,
    "422",
  ],
  [
    "regular expressions of one request, in all",
    `${count(MAX_PATTERN_COST)} characters, ${MAX_PATTERN_COST / FOLDING_COST} where \`(?i)\` meets what is not ASCII`,
    "422",
  ],
  [
    "privacy rules; buckets of one",
    `${count(privacy.MAX_PRIVACY_RULES)}; ${privacy.MAX_BUCKETS}`,
    "422",
  ],
  ["datasets withheld from one erasure", count(fields.MAX_WITHHELD), "422"],
  [
    "URL of a webhook; datasets it is narrowed down to",
    `${count(fields.MAX_URL)} characters; ${fields.MAX_WATCHED}`,
    "422",
  ],
  [
    "webhooks, tokens, tokens of one person, members of a lake",
    [MAX_WEBHOOKS, MAX_TOKENS, MAX_TOKENS_OF_ONE, MAX_MEMBERS].map(count).join(", "),
    "409",
  ],
  ["attempts of a notification", count(MAX_DELIVERY_ATTEMPTS), "parked"],
  [
    "life of a signed URL, of a token",
    `${fields.MAX_URL_SECONDS / 86_400} days, ${MAX_TOKEN_DAYS} days`,
    "422",
  ],
  ["file, unpacked (gzip, Parquet)", bytes(MAX_UNPACKED_BYTES), "413"],
  [
    "row group of Parquet, packed; page of one, packed and unpacked and with its dictionary",
    `${bytes(MAX_ROW_GROUP_BYTES)}; ${bytes(MAX_PAGE_BYTES)}`,
    "415",
  ],
  [
    "row of text; columns of a CSV file",
    `${bytes(MAX_RECORD_BYTES)}; ${count(MAX_CSV_FIELDS)}`,
    "422, 415",
  ],
  [
    "texts of `true_values`, `false_values`, `null_values` each; characters of one, of a format",
    `${MAX_READING_TEXTS}; ${MAX_READING_TEXT_CHARS}, ${MAX_FORMAT_CHARS}`,
    "422",
  ],
  ["pieces of 64 KiB of hashes that `unique` reads", count(MAX_READS), "413"],
  [
    "groups counted for k-anonymity; people in them, up to k in each",
    `${count(MAX_GROUPS)}; ${count(MAX_GROUPED_PEOPLE)}`,
    "413",
  ],
  ["one event of the log, as JSON", `${count(MAX_EVENT_BYTES)} bytes`, "413"],
  ["batches in one replay", count(MAX_REPLAY_BATCHES), "422"],
  [
    "batches of one page of a dataset that is consumed; files in another format made for it",
    `${fields.MAX_CONSUMED}; ${MAX_EXPORTED}`,
    "422; the next page",
  ],
];

export const limitsMarkdown = (): string =>
  [["What", "At most", "Beyond it"], ["---", "---", "---"], ...ROWS]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
