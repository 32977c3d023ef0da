/**
 * A whole log as one answer, however long it is: a page of leaves at a time, asked of the lake when
 * the reader wants more. It ends at the size the log had when the export began, so that its hashes
 * are the leaves of one tree; what is recorded meanwhile is the next export's.
 */
import type { Call } from "../application/lakeGateway.ts";
import type { LakeProver } from "../application/logGateway.ts";
import { MAX_LEAVES } from "../application/logProofs.ts";
import { ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";

export interface LogExport {
  /** The last `seq` of the export: the size of the tree its lines are the leaves of. */
  readonly tree_size: number;
  /** A leaf's text and a line feed, again and again. */
  readonly lines: ReadableStream<Uint8Array>;
}

/**
 * The events behind `after`. Rejects with `invalid` when the log is shorter than that. The stream
 * fails, and with it the answer, when a page cannot be had: half an export does not look whole.
 */
export const exportLog = async (
  lake: LakeProver,
  call: Call,
  after: number,
): Promise<Result<LogExport, Rejection>> => {
  const pageFrom = (from: number, to: number) =>
    lake.prove(call, { kind: "leaves", from, to: Math.min(to, from + MAX_LEAVES) });

  const first = await pageFrom(after, after + MAX_LEAVES);
  if (!first.ok) return first.error.code === "out-of-range" ? beyond(after) : first;
  if (first.value.kind !== "leaves") throw new Error("leaves were asked for");
  const { tree_size } = first.value;
  let page: readonly { readonly seq: number; readonly leaf: string }[] | null = first.value.leaves;
  let next = after;

  const lines = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (next >= tree_size) return controller.close();
        if (page === null) {
          const reply = await pageFrom(next, tree_size);
          if (!reply.ok) throw new Error(`the export stops behind ${next}: ${reply.error.code}`);
          page = reply.value.kind === "leaves" ? reply.value.leaves : [];
        }
        const last = page.at(-1)?.seq;
        if (last === undefined) throw new Error(`the export stops behind ${next}: no more leaves`);
        controller.enqueue(encoder.encode(page.map(({ leaf }) => `${leaf}\n`).join("")));
        page = null;
        next = last;
        if (next >= tree_size) controller.close();
      },
    },
    // Nothing is fetched ahead: what the reader has not asked for is not in memory.
    { highWaterMark: 0 },
  );
  return ok({ tree_size, lines });
};

const encoder = new TextEncoder();

const beyond = (after: number) =>
  reject("invalid", "out-of-range", `The log has no event ${after} yet.`, [
    { path: "after", message: "must not be above the last seq" },
  ]);
