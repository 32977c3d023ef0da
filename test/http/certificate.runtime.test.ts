import { describe, expect, it } from "vitest";
import { newLake } from "../support/lakeClient.ts";

describe("the certificate of an erasure", () => {
  it("is refused while there is none, and for a request that nobody made", async () => {
    const lake = await newLake("gdpr");
    const request = { subject_id: "jane", reason: "r", requested_by: "petra" };
    const id = (await lake.done("/deletions", request)).text("deletion", "deletion_id");
    const early = await lake.get(`/deletions/${id}/certificate`);
    expect([early.status, early.at("code")]).toEqual([409, "deletion-not-completed"]);
    const unknown = await lake.get("/deletions/nobody/certificate");
    expect([unknown.status, unknown.at("code")]).toEqual([404, "deletion-not-found"]);
    const both = await lake.get(`/deletions/${id}/certificate?version=1&at=2026-11-24T00:00:00Z`);
    expect([both.status, both.at("code")]).toEqual([422, "at-and-version"]);
  });
});
