/**
 * The log of the process: one line of JSON for each thing said, for whoever runs Lethe. What may
 * stand in a line is named here, field by field, so that nothing else does: ids that were given to
 * lakes, batches and requests, counts and times; never a person, a file's name, a reason or an
 * actor. An error is told by its class, its message without what it quotes, and where it was thrown:
 * a runtime's own messages quote data ("Unexpected token 'J', "Jane" is not valid JSON").
 */

export const LOG_LEVELS = ["debug", "info", "warn", "error", "off"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LineLevel = Exclude<LogLevel, "off">;

/** `info`: a line for each command, and everything that is worse. */
export const DEFAULT_LOG_LEVEL: LogLevel = "info";

/** All that a line may say besides its level, time and message. */
export interface LogFields {
  readonly lake_id?: string;
  /** Of the request that something was done for: as its answer names it in `X-Request-Id`. */
  readonly request_id?: string;
  readonly command?: string;
  readonly outcome?: string;
  /** Why it was refused, as problem documents name it. */
  readonly code?: string;
  readonly ms?: number;
  /** Of the last event. */
  readonly seq?: number;
  /** How many. */
  readonly events?: number;
  readonly duty?: string;
  readonly attempt?: number;
  readonly sink?: string;
  /** Of reports, by the jurisdiction of its lakes. */
  readonly database?: string;
  readonly retry_at?: string;
  readonly step?: string;
  readonly batch_id?: string;
  readonly deletion_id?: string;
  readonly replay_id?: string;
  readonly webhook_id?: string;
  readonly delivery_id?: string;
  /** YYYY-MM, and the jurisdiction whose lakes a report is about. */
  readonly month?: string;
  readonly jurisdiction?: string;
  readonly documents?: number;
  /** What a lake's alarm was found to be, for when something is due, and for when it was set. */
  readonly alarm?: string;
  readonly due_at?: string;
  readonly armed_for?: string;
  /** YYYY-MM-DD of a sweep, the lakes asked, alarms repaired and lakes without an answer. */
  readonly day?: string;
  readonly lakes?: number;
  readonly repaired?: number;
  readonly failed?: number;
  /** Whatever was thrown. */
  readonly error?: unknown;
}

/** Takes a level, a message that is the same every time, and what is different about this time. */
export type Logger = (level: LineLevel, message: string, fields?: LogFields) => void;

export interface LogError {
  readonly name: string;
  readonly message: string;
  /** Frames, innermost first; empty where there are none. */
  readonly stack: readonly string[];
}

const MAX_MESSAGE_LENGTH = 300;
const MAX_FRAMES = 8;
const MAX_FRAME_LENGTH = 200;

let threshold = LOG_LEVELS.indexOf(DEFAULT_LOG_LEVEL);

export const isLogLevel = (text: string): text is LogLevel =>
  LOG_LEVELS.some((level) => level === text);

/** Sets what is said from here on, in the whole process; unset or unknown is the default. */
export const setLogLevel = (level: string | undefined): void => {
  threshold = LOG_LEVELS.indexOf(level && isLogLevel(level) ? level : DEFAULT_LOG_LEVEL);
};

export const say: Logger = (level, message, fields = {}) => {
  if (LOG_LEVELS.indexOf(level) < threshold) return;
  const { error, ...named } = fields;
  const line = { level, time: new Date().toISOString(), message, ...named };
  console[level](JSON.stringify(error === undefined ? line : { ...line, error: logError(error) }));
};

/** An error as it may be told. */
export const logError = (error: unknown): LogError => {
  if (!(error instanceof Error)) return { name: typeof error, message: told(error), stack: [] };
  // The stack begins with the message, which may have lines that look like frames.
  const head = `${error.name}: ${error.message}`;
  const stack = error.stack ?? "";
  const below = stack.startsWith(head) ? stack.slice(head.length) : "";
  const frames = below.split("\n").filter((line) => /^\s+at /.test(line));
  return {
    name: error.name,
    message: told(error.message),
    stack: frames.slice(0, MAX_FRAMES).map((line) => line.trim().slice(0, MAX_FRAME_LENGTH)),
  };
};

/** The first line: what follows it is somebody's text. */
const told = (words: unknown): string => {
  const [line = ""] = String(words).slice(0, MAX_MESSAGE_LENGTH).split("\n", 1);
  return withoutData(line);
};

/**
 * A message without what it quotes: texts in quotation marks, URLs (some are permissions), addresses
 * of persons, and names of uploaded files within keys of objects.
 */
export const withoutData = (message: string): string =>
  message
    .replaceAll(/"(?:[^"\\]|\\.)*"?|`[^`]*`?|(?<![\p{L}\p{N}])'[^']*(?:'|$)/gu, "…")
    .replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s,;)\]}]+/giu, "<url>")
    .replaceAll(/[^\s@<>()]+@[^\s@<>()]+/gu, "<address>")
    .replaceAll(/\/landing\/\S*/gu, "/landing/…");
