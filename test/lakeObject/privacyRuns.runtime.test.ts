/** A privacy run at level strict, over HTTP: proposed, looked at, decided on, undone. */
import { describe, expect, test } from "vitest";
import { eventually, type Lake, ONLY_A_CHECKPOINT, typesOf } from "../support/lakeClient.ts";
import { appendPeople, fetched, NAMES, strictLake, urlOf } from "../support/sealedLake.ts";

/** A strict lake with the batch `b` and what `POST /run-privacy` answered about it. */
const proposal = async () => {
  const lake = await strictLake();
  expect((await appendPeople(lake, "b")).status).toBe(201);
  const proposed = await lake.done("/run-privacy", { batch_id: "b" });
  const run_id = proposed.text("run", "run_id");
  return { lake, proposed, run_id, run: `/run-privacy/${run_id}` };
};

/** Beside the raw object: who is in it. */
const INDEXES = 1;

/** The duties that delete objects are done, and nothing is left that no batch refers to. */
const onlyReferenced = (lake: Lake, tables: number) =>
  eventually(async () => {
    const keys = await lake.keys();
    expect(keys).toEqual(await lake.referenced());
    expect(keys).toHaveLength(tables + INDEXES);
    expect(await lake.owed()).toEqual(ONLY_A_CHECKPOINT);
  });

describe("a privacy run at level strict", () => {
  test("is proposed, looked at, approved by somebody, and published after that", async () => {
    const { lake, proposed, run_id, run } = await proposal();
    expect(run_id).toBe("b~2");
    expect(proposed.at("run")).toEqual({ run_id, status: "proposed" });
    expect(proposed.text("message")).toContain(`POST ${run}/approve`);
    expect(typesOf(proposed)).toEqual(["PrivacyRunProposed"]);
    expect(proposed.at("batch")).toMatchObject({
      state: "appended",
      privacy: null,
      proposed_privacy: { run_id, rules: { name: "hash" }, report: { rows: 3 } },
    });
    expect(await lake.keys()).toHaveLength(2 + INDEXES);

    const look = await lake.done("/run-privacy", { batch_id: "b", dry_run: true });
    expect(look.at("preview")).toHaveLength(3);
    for (const name of NAMES) expect(JSON.stringify(look.at("preview"))).not.toContain(name);
    expect((await lake.get("/batches/b")).at("proposed_privacy", "run_id")).toBe(run_id);

    const early = await lake.post("/publish-batch", { batch_id: "b" });
    expect([early.status, early.at("code")]).toEqual([422, "privacy-run-required"]);

    const approved = await lake.done(`${run}/approve`, { approver: "petra" });
    expect(typesOf(approved)).toEqual(["PrivacyRunApproved", "DataAnonymized"]);
    expect(approved.at("batch")).toMatchObject({
      state: "anonymized",
      proposed_privacy: null,
      privacy: { run_id, approver: "petra", rules: { name: "hash" } },
    });
    expect(typesOf(await lake.done(`${run}/approve`, { approver: "paul" }))).toEqual([]);
    await lake.done("/publish-batch", { batch_id: "b" });
    const csv = await fetched(await urlOf(lake, "b"));
    expect(csv.text).toMatch(/^id,name,amount\n(\d,[0-9a-f]{64},-?\d+\.5\n){3}$/);
    const past = await lake.get(`/batches/b?version=${proposed.at("events", 0, "seq")}`);
    expect(past.at("proposed_privacy", "run_id")).toBe(run_id);
  });

  test("names who calls as the approver when the body names nobody", async () => {
    const { lake, run } = await proposal();
    const approved = await lake.done(`${run}/approve`);
    expect(approved.at("batch", "privacy", "approver")).toBe("local");
  });

  test("is rejected with a reason; its object is deleted and another may be proposed", async () => {
    const { lake, run_id, run } = await proposal();
    expect((await lake.post(`${run}/reject`, {})).status).toBe(422);
    const rejected = await lake.done(`${run}/reject`, { reason: "the amounts stay exact" });
    expect(typesOf(rejected)).toEqual(["PrivacyRunRejected"]);
    expect(rejected.at("batch")).toMatchObject({ state: "appended", proposed_privacy: null });
    await onlyReferenced(lake, 1);
    const late = await lake.post(`${run}/approve`, {});
    expect([late.status, late.at("code")]).toEqual([409, "privacy-run-closed"]);
    const again = await lake.done("/run-privacy", { batch_id: "b" });
    expect(again.text("run", "run_id")).not.toBe(run_id);
    await onlyReferenced(lake, 2);
  });

  test("that is approved is rolled back to what was appended, until it is published", async () => {
    const { lake, run } = await proposal();
    const early = await lake.post(`${run}/rollback`, { reason: "too weak" });
    expect([early.status, early.at("code")]).toEqual([409, "privacy-run-closed"]);
    await lake.done(`${run}/approve`, {});
    const undone = await lake.done(`${run}/rollback`, { reason: "too weak" });
    expect(typesOf(undone)).toEqual(["PrivacyRunRolledBack"]);
    expect(undone.at("batch")).toMatchObject({ state: "appended", privacy: null });
    await onlyReferenced(lake, 1);
    const refused = await lake.post("/publish-batch", { batch_id: "b" });
    expect(refused.at("code")).toBe("privacy-run-required");

    const next = await lake.done("/run-privacy", { batch_id: "b" });
    const other = `/run-privacy/${next.text("run", "run_id")}`;
    await lake.done(`${other}/approve`, {});
    await lake.done("/publish-batch", { batch_id: "b" });
    const late = await lake.post(`${other}/rollback`, { reason: "too weak" });
    expect([late.status, late.at("code")]).toEqual([409, "batch-published"]);
  });

  test("is void once the batch is derived anew, or its contract protects more", async () => {
    const { lake, run } = await proposal();
    const next = await lake.done("/run-privacy", { batch_id: "b" });
    await onlyReferenced(lake, 2);
    const stale = await lake.post(`${run}/approve`, {});
    expect([stale.status, stale.at("code")]).toEqual([409, "privacy-run-closed"]);
    await lake.put("/contracts/c1", {
      retention_days: 365,
      privacy_rules: { name: "hash", amount: "noise" },
    });
    const weak = await lake.post(`/run-privacy/${next.text("run", "run_id")}/approve`, {});
    expect([weak.status, weak.at("code")]).toEqual([409, "privacy-run-stale"]);
    expect(weak.text("detail")).toContain("amount");
  });

  test("that nobody has proposed is not found, and what is no run's id is refused", async () => {
    const { lake } = await proposal();
    for (const [run, status] of [
      ["b~99", 404],
      ["nobody~2", 404],
      ["b", 422],
    ] as const) {
      expect((await lake.post(`/run-privacy/${run}/approve`, {})).status, run).toBe(status);
    }
  });
});

describe("a privacy run below level strict", () => {
  test("counts at once and can be rolled back all the same", async () => {
    const lake = await strictLake("gdpr");
    await appendPeople(lake, "b");
    const applied = await lake.done("/run-privacy", { batch_id: "b" });
    expect(applied.at("run")).toEqual({ run_id: "b~2", status: "applied" });
    expect(applied.at("batch", "privacy")).toMatchObject({ run_id: "b~2", approver: null });
    await lake.done("/run-privacy/b~2/rollback", { reason: "tried it out" });
    await onlyReferenced(lake, 1);
    expect((await lake.get("/batches/b")).at("state")).toBe("appended");
  });
});
