import { describe, expect, it } from "vitest";
import type { Call, LakeRequest } from "../../src/application/lakeGateway.ts";
import { batchId, datasetName } from "../../src/contracts/fields.ts";
import {
  anonymize,
  append,
  checkQuality,
  consumeRequest,
  defineContract,
  done,
  exportAs,
  publish,
  registerSales,
} from "../support/batchSteps.ts";
import { eventTypes, type TestLake, testLake } from "../support/testLake.ts";

const sign = (more: Partial<Extract<LakeRequest, { type: "SignUrl" }>> = {}): LakeRequest => ({
  type: "SignUrl",
  dataset: null,
  filename: "sales.csv",
  method: "PUT",
  expires_in: 900,
  purpose: null,
  ...more,
});
const keyed: Partial<Call> = { idempotency: { key: "k1", body: "{}" } };

const withBatch = (): TestLake => {
  const lake = testLake({ level: "standard" });
  registerSales(lake);
  defineContract(lake);
  done(append(lake, "batch1"));
  return lake;
};

describe("a signed URL", () => {
  it("is never in an answer, only what to sign", () => {
    const lake = testLake({ level: "standard" });
    lake.pass(456);
    const answer = lake.run(sign(), keyed);
    expect(answer.sign).toEqual({
      field: "upload_url",
      method: "PUT",
      key: "lakes/north/landing/sales.csv",
      signed_at: "2026-11-23T12:00:00.000Z",
      expires_in: 900,
    });
    expect(answer.body).toMatchObject({
      method: "PUT",
      headers: {},
      file_url: "sales.csv",
      expires_at: "2026-11-23T12:15:00.000Z",
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/https?:|upload_url":|X-Amz/);
    expect(lake.log.dump()).not.toMatch(/https?:|X-Amz/);
  });

  it("of a file that is gone by now is answered as before under the same key, and else refused", () => {
    const lake = testLake({ level: "standard" });
    const there = sign({ method: "GET" });
    const gone = sign({ method: "GET", missing: true });
    expect(lake.refused(gone, keyed)).toMatchObject({ code: "file-not-found" });
    const first = lake.run(there, keyed);
    expect(lake.run(gone, keyed)).toEqual({ ...first, replayed: true });
    const other = { idempotency: { key: "k1", body: "another" } };
    expect(lake.refused(gone, other)).toMatchObject({ code: "idempotency-key-reused" });
    expect(lake.refused(gone)).toMatchObject({ code: "file-not-found" });
  });

  it("asked for again under the same key is the same to sign, however late", () => {
    const lake = testLake({ level: "standard" });
    const first = lake.run(sign(), keyed);
    lake.pass(600_000);
    expect(lake.run(sign(), keyed).sign).toEqual(first.sign);
  });

  it("to read is audited in the commit that allows it, to write is only recorded", () => {
    const lake = testLake({ level: "standard" });
    expect(eventTypes(lake.run(sign()))).toEqual(["SignedUrlCreated"]);
    const read = lake.run(sign({ method: "GET", purpose: "research" }));
    expect(eventTypes(read)).toEqual(["SignedUrlCreated", "AccessAudited"]);
    expect(read.sign?.field).toBe("download_url");
    expect(lake.log.events().at(-1)?.data).toMatchObject({
      accessor_id: "tester",
      action: "read",
      purpose: "research",
      object: "sales.csv",
    });
  });

  it("for a file of an unknown dataset is refused", () => {
    const lake = testLake({ level: "standard" });
    const dataset = datasetName.parse("nowhere");
    expect(lake.refused(sign({ dataset })).code).toBe("dataset-not-found");
  });
});

describe("a signed URL to the rejected rows", () => {
  const batch_id = batchId.parse("batch1");
  const request = { type: "SignQuarantineUrl", batch_id, expires_in: 60 } as const;

  it("opens those of the latest check that rejected any", () => {
    const lake = withBatch();
    done(checkQuality(lake, "batch1", { rules: { id: "not_null" }, diverts: true }));
    lake.pass(1000);
    done(checkQuality(lake, "batch1", { diverts: true }));
    const latest = lake.run(request);
    expect(latest.sign?.key).toMatch(/batch1\/3\/quarantine\//);
    expect(eventTypes(latest)).toEqual(["SignedUrlCreated", "AccessAudited"]);
    expect(JSON.stringify(lake.log.events().slice(-2))).not.toContain("lakes/north");
  });

  it("is not found when no row was rejected, nor for an unknown batch", () => {
    const lake = withBatch();
    done(checkQuality(lake, "batch1"));
    expect(lake.refused(request).code).toBe("no-rejected-rows");
    const unknown = { ...request, batch_id: batchId.parse("nowhere") };
    expect(lake.refused(unknown).code).toBe("batch-not-found");
  });
});

describe("consuming a batch", () => {
  it("is granted and audited in one commit, to the object of the format asked for", () => {
    const lake = withBatch();
    done(publish(lake, "batch1"));
    const answer = lake.run(consumeRequest("batch1"), keyed);
    expect(eventTypes(answer)).toEqual(["ConsumptionGranted", "AccessAudited"]);
    expect(answer.sign).toMatchObject({
      field: "download_url",
      method: "GET",
      key: expect.stringMatching(/^lakes\/north\/published\/sales\/batch1\/.*\.parquet$/),
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/lakes\/north|https?:/);
    const [granted, audited] = lake.log.events().slice(-2);
    expect(granted?.command_id).toBe(audited?.command_id);
    expect(audited?.data).toMatchObject({ accessor_id: "alice", object: "batch/batch1" });
  });

  it("in another format needs that format to be made first", () => {
    const lake = withBatch();
    done(publish(lake, "batch1"));
    expect(lake.refused(consumeRequest("batch1", "csv")).code).toBe("changed-meanwhile");
    done(exportAs(lake, "batch1", "csv"));
    expect(lake.run(consumeRequest("batch1", "csv")).sign?.key).toMatch(/\.csv$/);
  });

  it("is refused for a batch that is unknown, unpublished or in quarantine, and not audited", () => {
    const lake = withBatch();
    const batch_id = batchId.parse("batch1");
    expect(lake.refused(consumeRequest("nowhere")).code).toBe("batch-not-found");
    expect(lake.refused(consumeRequest("batch1")).code).toBe("batch-not-published");
    done(anonymize(lake, "batch1", { email: "hash" }));
    expect(lake.refused(consumeRequest("batch1")).code).toBe("batch-not-published");
    done(publish(lake, "batch1"));
    lake.run({ type: "QuarantineBatch", batch_id, reason: "odd" });
    expect(lake.refused(consumeRequest("batch1")).code).toBe("batch-quarantined");
    expect(lake.log.countOf("AccessAudited")).toBe(0);
    lake.run({ type: "ReleaseQuarantine", batch_id, reason: "fine" });
    expect(lake.run(consumeRequest("batch1")).outcome).toBe("done");
  });
});
