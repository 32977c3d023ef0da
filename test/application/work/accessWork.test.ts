import { describe, expect, it } from "vitest";
import { MissingObjectError } from "../../../src/application/dataPorts.ts";
import type { LakeRequest } from "../../../src/application/lakeGateway.ts";
import type { Lookup } from "../../../src/application/lookups.ts";
import type { AccessPlan } from "../../../src/application/planAccess.ts";
import type { SubjectPlane } from "../../../src/application/subjectPorts.ts";
import { accessStep } from "../../../src/application/work/accessWork.ts";
import { NO_ANSWER, type Workshop } from "../../../src/application/work/workshop.ts";
import { batchId, subjectAccessId } from "../../../src/contracts/fields.ts";
import { ok } from "../../../src/domain/decider.ts";
import { A } from "../../support/erasureSpecs.ts";
import { objectAt, SALES } from "../../support/facts.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import { SUBJECT_KEY, subjectSet } from "../../support/subjectRefs.ts";
import { testLake } from "../../support/testLake.ts";

const ID = subjectAccessId.parse("access-1");
const SUBJECTS = subjectSet(["jane"]);

/** A step as it is planned, the data plane as it answers, and what is put on record. */
const step = async (plan: AccessPlan, plane: Partial<SubjectPlane>, often = false) => {
  const recorded: LakeRequest[] = [];
  const store = memoryObjectStore();
  const lake = {
    open: async () => {
      const opened = { attempt: null, answered: null, dataset_key: null };
      return ok({ ...opened, plan: { kind: "subject_access", step: plan } });
    },
    command: async (_: unknown, command: LakeRequest) => {
      recorded.push(command);
      return ok(NO_ANSWER);
    },
  };
  const planes = () => ({ data: {}, subjects: plane });
  const shop = { lake, store, subjects: plane, sealed: () => shop, planes, now: () => 0 };
  const next = await accessStep(shop as unknown as Workshop, testLake().call(), ID, often);
  return { next, recorded };
};

const collect: AccessPlan = {
  kind: "collect",
  batch_id: A,
  dataset: SALES,
  table: {
    source: objectAt("raw"),
    schema: { person: "string" },
    subject_column: "person",
    subjects: SUBJECTS,
    key: SUBJECT_KEY,
  },
  column_type: "string",
  dataset_key: null,
  access_key: SUBJECT_KEY,
  part_key: "part",
};

const gone: Partial<SubjectPlane> = {
  collect: () => Promise.reject(new MissingObjectError("object raw is missing")),
};

describe("a file that is not there when a person's rows are collected", () => {
  it("is looked for again: an answer that leaves rows out would be wrong", async () => {
    await expect(step(collect, gone)).rejects.toThrow("is gone");
  });

  it("is lost when it was tried often enough, and the answer says of which batch", async () => {
    const { next, recorded } = await step(collect, gone, true);
    expect(next).toBe("more");
    expect(recorded).toMatchObject([
      { step: { kind: "collected", batch_id: A, outcome: "unreadable", part: null } },
    ]);
  });

  it("is not lost because the store failed", async () => {
    const down: Partial<SubjectPlane> = { collect: () => Promise.reject(new Error("busy")) };
    await expect(step(collect, down, true)).rejects.toThrow("busy");
  });
});

describe("a file of which it cannot be told whose all of its rows are", () => {
  const told = (rows: number): Partial<SubjectPlane> => ({
    collect: async (_, write) => {
      if (rows > 0) await write(new Uint8Array(40));
      return { rows_read: 3, rows, incomplete: true };
    },
  });

  it("is named in the answer as one to be looked into", async () => {
    const { recorded } = await step(collect, told(0));
    expect(recorded).toMatchObject([{ step: { outcome: "unreadable", part: null } }]);
  });

  it("gives the rows that are certainly the person's all the same", async () => {
    const { recorded } = await step(collect, told(1));
    const part = { key: "part", bytes: 40, rows: 1 };
    expect(recorded).toMatchObject([{ step: { outcome: "unreadable", part } }]);
  });
});

describe("looking a person up in a page of batches", () => {
  it("asks sixteen indexes at a time and keeps the order of the batches", async () => {
    const lookups = Array.from({ length: 40 }, (_, at): Lookup => {
      const column = { name: "person", type: "string" } as const;
      return { batch_id: batchId.parse(`b${at}`), index: null, column, dataset_key: null };
    });
    let asking = 0;
    let most = 0;
    let asked = 0;
    const mayHold: SubjectPlane["mayHold"] = async () => {
      const at = asked;
      asked += 1;
      asking += 1;
      most = Math.max(most, asking);
      // The later ones answer first.
      for (let turns = 40 - at; turns > 0; turns -= 1) await Promise.resolve();
      asking -= 1;
      return [at % 2 === 0];
    };
    const { recorded } = await step(
      {
        kind: "search",
        from: 0,
        after: 40,
        batches: 40,
        ended: true,
        lookups,
        unknown: [],
        subjects: SUBJECTS,
      },
      { mayHold },
    );
    const found = lookups.filter((_, at) => at % 2 === 0).map(({ batch_id }) => batch_id);
    expect(recorded).toMatchObject([{ step: { kind: "searched", found } }]);
    expect(most).toBe(16);
  });
});
