/** Work for which the machine has no memory to spare for now: nothing is wrong with the file. */
import { describe, expect, it } from "vitest";
import { NoTurnError } from "../../../src/application/dataPorts.ts";
import type { LakeRequest } from "../../../src/application/lakeGateway.ts";
import { exportFormat } from "../../../src/application/work/batchWork.ts";
import { workStep } from "../../../src/application/work/stepWork.ts";
import { NO_ANSWER, type Workshop } from "../../../src/application/work/workshop.ts";
import { ok } from "../../../src/domain/decider.ts";
import { A } from "../../support/erasureSpecs.ts";
import { objectAt } from "../../support/facts.ts";
import { memoryObjectStore } from "../../support/memoryObjectStore.ts";
import { testLake } from "../../support/testLake.ts";

/** A workshop whose data plane gets no turn, over a lake that has planned that. */
const busy = (plan: object) => {
  const recorded: LakeRequest[] = [];
  const lake = {
    open: async () => ok({ attempt: null, answered: null, dataset_key: null, plan }),
    command: async (_: unknown, command: LakeRequest) => {
      recorded.push(command);
      return ok(NO_ANSWER);
    },
  };
  const noTurn = () => Promise.reject(new NoTurnError());
  const planes = () => ({ data: { land: noTurn, exportCsv: noTurn }, subjects: {} });
  const shop = { lake, store: memoryObjectStore(), planes, now: () => 0 };
  return { shop: shop as unknown as Workshop, recorded };
};

describe("while other work holds the memory that a file needs", () => {
  it("a step of long work is tried again, and the work goes on", async () => {
    const { shop, recorded } = busy({ kind: "work_step", step: { kind: "land" } });
    const request = { kind: "work_step", batch_id: A, work_id: "w", step: "land" } as const;
    await expect(workStep(shop, testLake().call(), request)).rejects.toThrow("ask again");
    expect(recorded).toEqual([]);
  });

  it("whoever waits for an answer is told to ask again", async () => {
    const { shop, recorded } = busy({ kind: "export", source: objectAt("p"), target: "csv" });
    const about = { batch_id: A, format: "csv", consumer: "alice" } as const;
    expect(await exportFormat(shop, testLake().call(), about)).toMatchObject({
      error: { reason: "unavailable", code: "machine-busy" },
    });
    expect(recorded).toEqual([]);
  });
});
