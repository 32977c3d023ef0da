/**
 * How the lake is called from afar. A command and its answer cross as one text each: the platform
 * takes three times as long for the same small objects, and commands are what a lake is asked most.
 */
import type { Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Answer } from "./answers.ts";
import type { Call, CommandOptions, LakeGateway, LakeRequest } from "./lakeGateway.ts";
import type { LakeImporter, LakeListener, LakeProver } from "./logGateway.ts";

/** Everything a lake is asked for. */
export type Gateway = LakeGateway & LakeProver & LakeListener & LakeImporter;

type Arguments = readonly [Call, LakeRequest, CommandOptions | null];

/** The remote object: what it does not take as text, it takes as it is. */
export interface LakeStub extends Omit<Gateway, "command"> {
  /** Takes what `readCommand` reads and answers what `writeAnswer` makes. */
  commandText(text: string): Promise<string>;
}

export const readCommand = (text: string): Arguments => JSON.parse(text) as Arguments;

export const writeAnswer = (answer: Result<Answer, Rejection>): string => JSON.stringify(answer);

/** The lake behind a stub; `stubOf` is asked at every call, as stubs are a request's own. */
export const lakeGateway = (stubOf: (call: Call) => LakeStub): Gateway => ({
  command: async (call, request, options) => {
    const given: Arguments = [call, request, options ?? null];
    const text = await stubOf(call).commandText(JSON.stringify(given));
    return JSON.parse(text) as Result<Answer, Rejection>;
  },
  open: (call, request) => stubOf(call).open(call, request),
  abandon: (call, attempt_id) => stubOf(call).abandon(call, attempt_id),
  ask: (call, question) => stubOf(call).ask(call, question),
  prove: (call, question) => stubOf(call).prove(call, question),
  listen: (call, request) => stubOf(call).listen(call, request),
  importLog: (call, request) => stubOf(call).importLog(call, request),
});
