import { describe, expect, test } from "vitest";
import type { Call, CommandOptions, LakeRequest } from "../../src/application/lakeGateway.ts";
import {
  carriedTexts,
  type LakeStub,
  lakeGateway,
  readCommand,
  writeAnswer,
} from "../../src/application/lakeStub.ts";
import { datasetName } from "../../src/contracts/fields.ts";
import type { Result } from "../../src/domain/decider.ts";
import { ok } from "../../src/domain/decider.ts";
import { reject } from "../../src/domain/rejection.ts";

const call: Call = {
  lake_id: "north",
  is_default: false,
  caller: { kind: "trusted" },
  actor: 'somebody "\u0000 \ud800 \u2028',
  correlation_id: "c",
  causation_id: null,
  idempotency: { key: "k", body: '{"a":[1,null]}' },
  if_match: Number.MAX_SAFE_INTEGER,
};
const request: LakeRequest = {
  type: "IngestDataset",
  dataset_id: datasetName.parse("d"),
  data_source: "s3://x",
  record_count: 2 ** 53 - 1,
  contains_pii: null,
};
const options: CommandOptions = {
  attempt: { attempt_id: "a", writes: ["k"], expects: [{ stream: "lake", version: 1 }] },
};

/** A gateway whose far end keeps what reached it and answers `answer`. */
const farEnd = (
  answer: Parameters<typeof writeAnswer>[0],
  means: Parameters<typeof lakeGateway>[1] = null,
) => {
  const reached: ReturnType<typeof readCommand>[] = [];
  const stub = {
    commandText: async (text: string) => {
      reached.push(readCommand(text));
      return writeAnswer(answer);
    },
  } as unknown as LakeStub;
  return { reached, gateway: lakeGateway(() => stub, means) };
};

const refused: Result<never, ReturnType<typeof rejection>> = { ok: false, error: rejection() };
function rejection() {
  const result = reject("invalid", "c", "d", [{ path: "", message: "m" }]);
  if (result.ok) throw new Error("a rejection is none");
  return result.error;
}

describe("a command from afar", () => {
  test("arrives as it was sent, with its options or without", async () => {
    const { reached, gateway } = farEnd(refused);
    await gateway.command(call, request, options);
    await gateway.command(call, request);
    await gateway.command(call, request, undefined);
    expect(reached).toEqual([
      [call, request, options],
      [call, request, null],
      [call, request, null],
    ]);
  });

  test("is answered as the lake has answered", async () => {
    const answer = ok({
      outcome: "done",
      body: { message: "é", events: [{ seq: 2 ** 53 - 1, type: "T" }], nested: { none: null } },
      version: 7,
      sign: null,
      location: null,
      replayed: false,
    } as const);
    expect(await farEnd(answer).gateway.command(call, request)).toEqual(answer);
    expect(await farEnd(refused).gateway.command(call, request)).toEqual(refused);
  });

  test("of a common kind crosses with others, each answered on its own", async () => {
    const calls: (readonly string[])[] = [];
    const one = async (text: string) => {
      const [, asked] = readCommand(text);
      if (asked.type !== "AuditAccess") throw new Error("no access");
      if (asked.purpose === "bug") throw new Error("a bug");
      return writeAnswer(asked.purpose === "no" ? refused : answerOf(String(asked.purpose)));
    };
    const stub = {
      commandText: async (text: string) => {
        calls.push([text]);
        return one(text);
      },
      commandTexts: (texts: readonly string[]) => {
        calls.push(texts);
        return carriedTexts(texts, one);
      },
    } as unknown as LakeStub;
    const gateway = lakeGateway(() => stub, {
      keep: () => undefined,
      pause: () => new Promise((resolve) => setTimeout(resolve)),
      now_ms: Date.now,
    });
    const asked = ["first", "a", "no", "bug", "b"].map((purpose) =>
      gateway.command(call, accessFor(purpose)),
    );
    const settled = await Promise.allSettled(asked);
    expect(calls.map(({ length }) => length)).toEqual([1, 4]);
    expect(settled).toEqual([
      { status: "fulfilled", value: answerOf("first") },
      { status: "fulfilled", value: answerOf("a") },
      { status: "fulfilled", value: refused },
      { status: "rejected", reason: new Error("Error: a bug") },
      { status: "fulfilled", value: answerOf("b") },
    ]);
  });

  test("that is large, or not of a common kind, crosses alone", async () => {
    const { reached, gateway } = farEnd(refused, {
      keep: () => undefined,
      pause: never,
      now_ms: Date.now,
    });
    const large = accessFor("x".repeat(20_000));
    await Promise.all([large, request, large].map((each) => gateway.command(call, each)));
    expect(reached.map(([, { type }]) => type)).toEqual([
      "AuditAccess",
      "IngestDataset",
      "AuditAccess",
    ]);
  });
});

const never = () => new Promise<void>(() => undefined);

const accessFor = (purpose: string): LakeRequest => ({
  type: "AuditAccess",
  accessor_id: "anna",
  dataset_id: datasetName.parse("d"),
  action: "read",
  purpose,
});

const answerOf = (message: string) =>
  ok({
    outcome: "done",
    body: { message, events: [] },
    version: 1,
    sign: null,
    location: null,
    replayed: false,
  } as const);
