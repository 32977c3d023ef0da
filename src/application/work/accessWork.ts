/**
 * One step of answering a request for access. Whatever is written is sealed under a key of the
 * request's own; every attempt writes keys of its own and the first result counts.
 */

import { invariant, ok, type Result } from "../../domain/decider.ts";
import type { SubjectAccessId } from "../../domain/ids.ts";
import type { Rejection } from "../../domain/rejection.ts";
import type { AccessStep } from "../../domain/subjectAccess/decide.ts";
import { contentType } from "../contentTypes.ts";
import { BrokenSealError, MissingObjectError, type ObjectWriter } from "../dataPorts.ts";
import type { Call } from "../lakeGateway.ts";
import { say } from "../logging.ts";
import type { AccessPlan } from "../planAccess.ts";
import { mayHoldAny, planeOf } from "./lookups.ts";
import { recipientsOf } from "./recipients.ts";
import { NO_ANSWER, perform, type Workshop } from "./workshop.ts";

type Step<Kind extends AccessPlan["kind"]> = Extract<AccessPlan, { readonly kind: Kind }>;

/** `wait`: something else has to end first; ask again after a while. */
export type AccessProgress = "more" | "wait" | "done";

/**
 * Resolves to whether there is more to do; rejects when the step is to be tried again. `often`: it
 * was tried often enough to say of a file that is not there that it is lost; the answer names the
 * batch as one that could not be read, because it is owed all the same.
 */
export const accessStep = async (
  shop: Workshop,
  call: Call,
  subject_access_id: SubjectAccessId,
  often: boolean,
): Promise<AccessProgress> => {
  let next: AccessProgress = "more";
  const request = { kind: "access_step", subject_access_id } as const;
  const outcome = await perform(shop, call, request, async (plan, record) => {
    if (plan.kind === "nothing" || plan.kind === "wait") {
      next = plan.kind === "wait" ? "wait" : "done";
      return ok(NO_ANSWER);
    }
    invariant(plan.kind === "subject_access", "a step of an access is planned as one");
    const step = await taken(shop, call, plan.step, often);
    if (!step.ok) return step;
    const now = new Date(shop.now()).toISOString();
    return record({ type: "RecordAccessStep", subject_access_id, step: step.value, now });
  });
  if (outcome.ok) return next;
  throw new Error(`request for access ${subject_access_id}: ${outcome.error.detail}`);
};

const taken = async (
  shop: Workshop,
  call: Call,
  plan: AccessPlan,
  often: boolean,
): Promise<Result<AccessStep, Rejection>> => {
  switch (plan.kind) {
    case "search":
      return ok(await search(shop, plan));
    case "collect":
      return ok(await collect(shop, plan, often));
    case "pass": {
      const { batch_id, outcome } = plan;
      return ok({ kind: "collected", batch_id, outcome, part: null });
    }
    default:
      return finish(shop, call, plan);
  }
};

const search = async (shop: Workshop, plan: Step<"search">): Promise<AccessStep> => {
  const may = await mayHoldAny(shop, plan.lookups, [plan.subjects]);
  const found = [...plan.unknown, ...may];
  const { from, after, batches, ended } = plan;
  return { kind: "searched", from, after, batches, found, ended };
};

const collect = async (
  shop: Workshop,
  plan: Step<"collect">,
  often: boolean,
): Promise<AccessStep> => {
  const { batch_id, dataset, table, column_type, part_key } = plan;
  const file = await sealedFile(shop, plan.access_key, part_key);
  try {
    const input = { ...table, dataset, batch_id, column_type };
    const plane = planeOf(shop, plan.dataset_key);
    const { rows, incomplete } = await plane.collect(input, file.write);
    if (rows === 0) {
      await file.abort();
      const outcome = incomplete ? "unreadable" : "none";
      return { kind: "collected", batch_id, outcome, part: null };
    }
    const part = { key: part_key, bytes: await file.close(), rows };
    const outcome = incomplete ? "unreadable" : "collected";
    return { kind: "collected", batch_id, outcome, part };
  } catch (error) {
    await file.abort();
    const lost = often && error instanceof MissingObjectError;
    if (!lost && !(error instanceof BrokenSealError)) throw error;
    say("error", "an object is unreadable for an answer to a person", { batch_id, error });
    return { kind: "collected", batch_id, outcome: "unreadable", part: null };
  }
};

const finish = async (
  shop: Workshop,
  call: Call,
  { access_key, file_key, parts, head, sources }: Step<"finish">,
): Promise<Result<AccessStep, Rejection>> => {
  const recipients = await recipientsOf(shop.lake, call, sources);
  if (!recipients.ok) return recipients;
  const file = await sealedFile(shop, access_key, file_key);
  try {
    for (const line of [...head, ...recipients.value]) await file.write(lineOf(line));
    const { store } = shop.sealed(access_key);
    for (const { key } of parts) {
      const body = await store.open(key);
      if (body === null) throw new MissingObjectError(`part ${key} is missing`);
      for await (const bytes of body) await file.write(bytes);
    }
    const bytes = await file.close();
    const rows = parts.reduce((sum, part) => sum + part.rows, 0);
    return ok({
      kind: "finished",
      file: { key: file_key, bytes, rows },
      recipients: recipients.value.length,
    });
  } catch (error) {
    await file.abort();
    throw error;
  }
};

const lineOf = (line: object): Uint8Array => new TextEncoder().encode(`${JSON.stringify(line)}\n`);

interface CountedFile extends Pick<ObjectWriter, "abort"> {
  write(bytes: Uint8Array): Promise<void>;
  /** Resolves to how many bytes were written. */
  close(): Promise<number>;
}

const sealedFile = (shop: Workshop, key: Uint8Array, name: string): CountedFile => {
  const writer = shop.sealed(key).store.writer(name, contentType("jsonl"));
  let written = 0;
  return {
    async write(bytes) {
      written += bytes.length;
      await writer.write(bytes);
    },
    async close() {
      await writer.close();
      return written;
    },
    abort: () => writer.abort(),
  };
};
