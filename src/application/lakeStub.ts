/**
 * How the lake is called from afar. A command and its answer cross as one text each: the platform
 * takes three times as long for the same small objects, and commands are what a lake is asked most.
 */
import type { Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Answer } from "./answers.ts";
import { type GatheringDeps, gathering, type Outcome } from "./gathering.ts";
import type { Call, CommandOptions, LakeGateway, LakeRequest } from "./lakeGateway.ts";
import type { LakeImporter, LakeListener, LakeProver } from "./logGateway.ts";

/** Everything a lake is asked for. */
export type Gateway = LakeGateway & LakeProver & LakeListener & LakeImporter;

type Arguments = readonly [Call, LakeRequest, CommandOptions | null];

/** The remote object: what it does not take as text, it takes as it is. */
export interface LakeStub extends Omit<Gateway, "command"> {
  /** Takes what `readCommand` reads and answers what `writeAnswer` makes. */
  commandText(text: string): Promise<string>;
  /** Several at once, each decided, refused and answered on its own. */
  commandTexts(texts: readonly string[]): Promise<readonly Carried[]>;
}

/** An answer, or what a bug threw: an error crosses as its message. */
export type Carried = { readonly text: string } | { readonly thrown: string };

/** Decided on what the lake has in memory: none keeps those it came with waiting for a key. */
const GATHERED: ReadonlySet<LakeRequest["type"]> = new Set([
  "AuditAccess",
  "AuditAccesses",
  "SignUrl",
  "SignQuarantineUrl",
  "Consume",
]);

/** Longer ones go alone, in characters: a call with others would have to wait for them. */
const MAX_GATHERED_LENGTH = 16 * 1024;

/** Answers many as `one` answers each. */
export const carriedTexts = async (
  texts: readonly string[],
  one: (text: string) => Promise<string>,
): Promise<readonly Carried[]> => {
  const settled = await Promise.allSettled(texts.map(one));
  return settled.map((each) =>
    each.status === "fulfilled" ? { text: each.value } : { thrown: String(each.reason) },
  );
};

export const readCommand = (text: string): Arguments => JSON.parse(text) as Arguments;

export const writeAnswer = (answer: Result<Answer, Rejection>): string => JSON.stringify(answer);

/**
 * The lake behind a stub; `stubOf` is asked at every call, as stubs are a request's own. Without
 * `means` of gathering every command crosses alone.
 */
export const lakeGateway = (
  stubOf: (lake_id: string) => LakeStub,
  means: Omit<GatheringDeps, "send"> | null = null,
): Gateway => {
  const gathered =
    means && gathering({ ...means, send: async (lake_id, texts) => carry(stubOf(lake_id), texts) });
  return {
    command: async (call, request, options) => {
      const given: Arguments = [call, request, options ?? null];
      const text = JSON.stringify(given);
      const together = gathered && text.length <= MAX_GATHERED_LENGTH && GATHERED.has(request.type);
      const answer = together
        ? await gathered(call.lake_id, text)
        : await stubOf(call.lake_id).commandText(text);
      return JSON.parse(answer) as Result<Answer, Rejection>;
    },
    open: (call, request) => stubOf(call.lake_id).open(call, request),
    abandon: (call, attempt_id) => stubOf(call.lake_id).abandon(call, attempt_id),
    ask: (call, question) => stubOf(call.lake_id).ask(call, question),
    prove: (call, question) => stubOf(call.lake_id).prove(call, question),
    listen: (call, request) => stubOf(call.lake_id).listen(call, request),
    importLog: (call, request) => stubOf(call.lake_id).importLog(call, request),
  };
};

const carry = async (stub: LakeStub, texts: readonly string[]): Promise<readonly Outcome[]> => {
  const [only] = texts;
  if (only !== undefined && texts.length === 1) {
    return [{ ok: true, text: await stub.commandText(only) }];
  }
  const carried = await stub.commandTexts(texts);
  return carried.map((each) =>
    "text" in each ? { ok: true, text: each.text } : { ok: false, error: new Error(each.thrown) },
  );
};
