import { describe, expect, it } from "vitest";
import type { LakeRequest } from "../../src/application/lakeGateway.ts";
import { batchId, contractId, datasetName } from "../../src/contracts/fields.ts";
import { SYSTEM_ACTOR } from "../../src/domain/member/subject.ts";
import { defineContract, registerSales, updateContract } from "../support/batchSteps.ts";
import { memoryEventLog } from "../support/memoryEventLog.ts";
import { createLake, eventTypes, LAKE, refusal, testLake } from "../support/testLake.ts";

const register: LakeRequest = {
  type: "RegisterDataset",
  name: datasetName.parse("sales"),
  schema: { id: "int" },
  description: null,
  contains_pii: null,
  encryption_enabled: false,
  subject_column: null,
};
const NOWHERE = batchId.parse("nowhere");
const asDefault = { is_default: true, lake_id: "default" };

describe("a lake nobody created", () => {
  it("is not found, whatever is asked of it, and leaves nothing behind", () => {
    const lake = testLake();
    const stored = lake.log.dump();
    expect(lake.refused(register)).toMatchObject({ reason: "not_found", code: "lake-not-found" });
    const open = { kind: "publish", batch_id: NOWHERE } as const;
    expect(lake.openRefused(open).code).toBe("lake-not-found");
    const asked = lake.service.ask(lake.call(), { kind: "lake", when: null });
    expect(refusal(asked).code).toBe("lake-not-found");
    expect(lake.log.dump()).toBe(stored);
  });
});

describe("creating a lake", () => {
  it("makes its key with it", () => {
    const lake = testLake();
    const answer = lake.run(createLake("gdpr"));
    expect(answer.outcome).toBe("created");
    expect(eventTypes(answer)).toEqual(["DataLakeCreated"]);
    expect(lake.log.keyIds()).toEqual(["lake"]);
  });

  it("that is undone with its neighbours leaves no key in memory to go on with", () => {
    const lake = testLake();
    const undone = () =>
      lake.log.transaction(() => {
        lake.run(createLake("gdpr"));
        throw new Error("a bug in its neighbour");
      });
    expect(undone).toThrow("a bug in its neighbour");
    expect(lake.log.keyIds()).toEqual([]);
    lake.run(createLake("gdpr"));
    expect(lake.log.keyIds()).toEqual(["lake"]);
    // Whoever opens the stored key derives the same keys from it.
    const seed = ({ service, call }: typeof lake) => service.logSeed(call());
    expect(seed(testLake({ log: lake.log }))).toEqual(seed(lake));
  });

  it("is refused the second time", () => {
    const lake = testLake({ level: "gdpr" });
    expect(lake.refused(createLake("gdpr")).code).toBe("lake-exists");
  });
});

describe("the default lake", () => {
  it("comes into being with the first command, created by Lethe at level standard", () => {
    const lake = testLake();
    lake.run(register, asDefault);
    const [created, registered] = lake.log.events();
    expect(created).toMatchObject({
      type: "DataLakeCreated",
      actor: SYSTEM_ACTOR,
      data: { lake_id: "default", owner_id: "tester", compliance_level: "standard" },
    });
    expect(registered).toMatchObject({ type: "DatasetRegistered", actor: "tester" });
  });

  it("comes into being with the first question or the first work, too", () => {
    const asked = testLake();
    asked.service.ask(asked.call(asDefault), { kind: "lake", when: null });
    expect(asked.log.countOf("DataLakeCreated")).toBe(1);
    const opened = testLake();
    opened.service.open(opened.call(asDefault), { kind: "publish", batch_id: NOWHERE });
    expect(opened.log.countOf("DataLakeCreated")).toBe(1);
  });

  it("comes into being once", () => {
    const lake = testLake();
    lake.run(register, asDefault);
    lake.refused(register, asDefault);
    expect(lake.log.countOf("DataLakeCreated")).toBe(1);
  });

  it("may be created by hand instead, with a level of its own", () => {
    const lake = testLake();
    lake.run(createLake("gdpr"), asDefault);
    expect(lake.log.events().map(({ type }) => type)).toEqual(["DataLakeCreated"]);
  });
});

describe("a lake whose key was wrapped under another root secret", () => {
  it("does nothing and says so", () => {
    const log = memoryEventLog();
    testLake({ level: "standard", log });
    const other = testLake({
      log,
      roots: { present: "another root secret, also long enough", previous: null },
    });
    const stored = log.dump();
    expect(other.refused(register)).toMatchObject({ reason: "unavailable", code: "lake-locked" });
    const publish = { kind: "publish", batch_id: NOWHERE } as const;
    expect(other.openRefused(publish).code).toBe("lake-locked");
    expect(log.dump()).toBe(stored);
  });
});

describe("the numbers of contracts", () => {
  const idOf = (answer: ReturnType<typeof defineContract>) =>
    (answer.body.contract as { contract_id: string }).contract_id;

  it("count from contract1", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    expect([1, 2, 3].map(() => idOf(defineContract(lake)))).toEqual([
      "contract1",
      "contract2",
      "contract3",
    ]);
  });

  it("skip ids that are taken", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    defineContract(lake, { contract_id: contractId.parse("contract2") });
    defineContract(lake, { contract_id: contractId.parse("contract3") });
    defineContract(lake, { contract_id: contractId.parse("mine") });
    expect(idOf(defineContract(lake))).toBe("contract1");
    expect(idOf(defineContract(lake))).toBe("contract4");
  });

  it("are not used up by a contract that is refused", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    expect(() => defineContract(lake, { privacy_rules: { id: "vanish" } })).toThrow("invalid");
    expect(idOf(defineContract(lake))).toBe("contract1");
  });
});

describe("a contract that brings a schema its dataset does not know", () => {
  it("gives the dataset a new version in the same commit", () => {
    const lake = testLake({ level: "standard" });
    registerSales(lake);
    const answer = defineContract(lake, { schema: { id: "int" } });
    expect(eventTypes(answer)).toEqual(["DataContractDefined", "SchemaVersionUpdated"]);
    const [, , defined, version] = lake.log.events();
    expect(version?.command_id).toBe(defined?.command_id);
    const known = updateContract(lake, { schema: null });
    expect(eventTypes(known)).toEqual(["DataContractUpdated"]);
  });
});

describe(`the lake ${LAKE}`, () => {
  it("records who asked, in which correlation and because of what", () => {
    const lake = testLake({ level: "standard" });
    lake.run(register, { actor: "eva", correlation_id: "c-1", causation_id: "event-1" });
    expect(lake.log.events().at(-1)).toMatchObject({
      actor: "eva",
      correlation_id: "c-1",
      causation_id: "event-1",
      recorded_at: lake.now(),
      dataset: "sales",
    });
  });

  it("never records a time before the last one, even when the clock goes back", () => {
    const lake = testLake({ level: "standard" });
    lake.pass(-60_000);
    lake.run(register);
    const [first, second] = lake.log.events();
    expect(second?.recorded_at).toBe(first?.recorded_at);
  });
});
