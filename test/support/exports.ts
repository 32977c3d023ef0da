/** Long logs and what is exported of them, for tests inside the runtime. */
import { evictDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import { HashTree } from "../../scripts/support/verify/hashTree.ts";
import { leafHash } from "../../scripts/support/verify/merkle.ts";
import { parseCheckpoint } from "../../scripts/support/verify/note.ts";
import { eventLog } from "../../src/eventlog/eventLog.ts";
import { metaAt, registered } from "./emptyLog.ts";
import type { Lake } from "./lakeClient.ts";

/** Ingests into a few datasets until the log has `size` events, and has the lake begin anew. */
export const fill = async (lake: Lake, size: number): Promise<void> => {
  await lake.inside((_, { storage }) => {
    const log = eventLog(storage);
    log.transaction(() => {
      for (let seq = log.head() + 1; seq <= size; seq += 1) {
        const name = `d${seq % 7}`;
        const stream = `dataset/${name}` as const;
        const expected_version = log.load(stream).version;
        log.append(
          [
            {
              stream,
              expected_version,
              events: [expected_version ? ingested(name, seq) : registered(name)],
            },
          ],
          metaAt(new Date(Date.now()).toISOString()),
        );
      }
    });
  });
  await evictDurableObject(lake.stub);
  expect((await rootOf(lake)).size).toBe(size);
};

const ingested = (dataset_id: string, n: number) => ({
  type: "DatasetIngested",
  data: {
    dataset_id,
    data_source: `s3://elsewhere/${n} — ünï\u0007\u2028`,
    record_count: n,
    contains_pii: n % 2 === 0,
    warnings: [],
  },
});

/** What the lake signs now. */
export const rootOf = async (lake: Lake): Promise<{ size: number; root: string }> => {
  const answer = await lake.get("/log/checkpoint");
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return headOf(String(answer.body));
};

/** What a checkpoint says. */
export const headOf = (note: string): { size: number; root: string } => {
  const parsed = parseCheckpoint(note.slice(0, note.indexOf("\n\n") + 1));
  if (!parsed.ok) throw new Error(parsed.reason);
  return { size: parsed.value.size, root: parsed.value.root.toString("base64") };
};

export const linesOf = ({ body }: { readonly body: unknown }): readonly string[] => {
  const lines = String(body).split("\n");
  expect(lines.pop()).toBe("");
  return lines;
};

/** The root over the lines, computed by the verifier's own tree. */
export const hashed = (lines: readonly string[]): string => {
  const tree = new HashTree();
  for (const line of lines) tree.push(leafHash(Buffer.from(line)));
  return tree.root().toString("base64");
};
