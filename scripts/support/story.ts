/** Telling a sequence of calls as a story on the terminal: what is asked, what comes back. */
import process from "node:process";

const COLOUR = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code: number, text: string) => (COLOUR ? `\u001b[${code}m${text}\u001b[0m` : text);

const bold = (text: string) => paint(1, text);
const dim = (text: string) => paint(2, text);
const green = (text: string) => paint(32, text);
const red = (text: string) => paint(31, text);

/** Longer answers are shown in part. */
const MAX_SHOWN = 600;

export type Json = Readonly<Record<string, unknown>>;

export interface Story {
  chapter(title: string): void;
  say(text: string): void;
  /** Calls the server, shows call and answer. Throws when the status is not the expected one. */
  call(method: "GET" | "POST", path: string, body?: Json, expected?: number): Promise<Json>;
}

export const story = (base: string): Story => ({
  chapter(title) {
    process.stdout.write(`\n${bold(`— ${title}`)}\n`);
  },
  say(text) {
    process.stdout.write(`  ${text}\n`);
  },
  async call(method, path, body, expected) {
    process.stdout.write(`  ${bold(method)} ${path}${body ? ` ${JSON.stringify(body)}` : ""}\n`);
    const response = await fetch(`${base}${path}`, {
      method,
      ...(body
        ? { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } }
        : {}),
    });
    const answer = (await response.json()) as Json;
    const fine = expected === undefined ? response.ok : response.status === expected;
    const status = `${response.status}`;
    process.stdout.write(`    ${fine ? green(status) : red(status)} ${dim(shown(answer))}\n`);
    if (!fine) throw new Error(`${method} ${path} answered ${response.status}`);
    return answer;
  },
});

/** The parts of an answer that tell the story: not the whole state of a batch each time. */
const shown = (answer: Json): string => {
  const { batch, ...rest } = answer;
  const told = batch ? { ...rest, batch: { state: (batch as Json).state } } : rest;
  const text = JSON.stringify(told).replaceAll(/X-Amz-[^"]*/g, "…");
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
};
