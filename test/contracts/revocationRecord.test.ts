import { describe, expect, it } from "vitest";
import {
  type Revocation,
  readRevocation,
  readRevocationRecord,
  writeRevocationRecord,
} from "../../src/contracts/revocationRecord.ts";

const member = {
  kind: "member",
  subject: "ann-1",
  roles: ["auditor"],
  lost_at: "2026-11-23T12:00:00.000Z",
} as const;

describe("a revocation on record", () => {
  it.each([
    member,
    { ...member, roles: [] },
    { kind: "token", token_id: "9f1c2b3a4d5e6f70" },
    { kind: "webhook", webhook_id: "4d1d0f3c-7a55-4b8e-8f0a-2f6f7d9c1a10" },
  ])("reads as it was written: %o", (taken) => {
    const record = { lake_id: "north", event_id: "e-1", taken: taken as unknown as Revocation };
    expect(readRevocationRecord(writeRevocationRecord(record))).toEqual(record);
    expect(readRevocation(taken)).toEqual(taken);
  });

  it.each([
    "{}",
    "no JSON",
    JSON.stringify({ version: 2, lake_id: "north", event_id: "e-1", taken: member }),
    JSON.stringify({
      version: 1,
      lake_id: "north",
      event_id: "e-1",
      taken: { ...member, roles: ["king"] },
    }),
    JSON.stringify({ version: 1, lake_id: "north", event_id: "e-1", taken: { kind: "house" } }),
  ])("is not read from %s", (text) => {
    expect(() => readRevocationRecord(text)).toThrow();
  });
});
