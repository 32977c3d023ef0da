import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { HalfNeededError, openKeyring } from "../../src/application/keyring.ts";
import type { StoredEvent } from "../../src/application/ports.ts";
import { toCloudEvent } from "../../src/http/cloudEvents.ts";
import { LAKE, ROOTS, testLake } from "../support/testLake.ts";

const stored: StoredEvent = {
  seq: 7,
  event_id: "event-7",
  stream: "dataset/sales",
  stream_version: 2,
  type: "DatasetDeprecated",
  schema_version: 1,
  recorded_at: "2026-11-23T12:00:00.000Z",
  actor: "eva",
  correlation_id: "c-1",
  causation_id: null,
  command_id: "command-1",
  dataset: "sales",
  data: {},
};

describe("an event on the wire", () => {
  it("is a CloudEvent 1.0 with the log's order as extensions", () => {
    expect(toCloudEvent("north", stored)).toEqual({
      specversion: "1.0",
      id: "event-7",
      source: "/lakes/north",
      type: "DatasetDeprecated",
      subject: "dataset/sales",
      time: "2026-11-23T12:00:00.000Z",
      datacontenttype: "application/json",
      sequence: 7,
      streamversion: 2,
      schemaversion: 1,
      actor: "eva",
      correlationid: "c-1",
      data: {},
    });
  });

  it("has extension names of lower-case letters and digits only, as CloudEvents wants", () => {
    const event = toCloudEvent("north", { ...stored, causation_id: "event-6" });
    expect(event).toMatchObject({ causationid: "event-6" });
    for (const name of Object.keys(event)) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
  });

  it("hides sealed fields wherever they stand, and nothing else", () => {
    const sealed = randomBytes(40).toString("base64");
    const data = {
      reason: { sealed },
      nested: [{ deep: { sealed } }, "text", 7, null, true],
      object: { sealed, more: 1 },
    };
    expect(toCloudEvent("north", { ...stored, data }).data).toEqual({
      reason: { sealed: true },
      nested: [{ deep: { sealed: true } }, "text", 7, null, true],
      object: { sealed: true, more: 1 },
    });
  });

  it("hides whatever a keyring seals, were it nothing", () => {
    const { log, halves } = testLake({ level: "gdpr" });
    const keyring = openKeyring(ROOTS, LAKE, log.keys).withHalves(halves);
    const jane = keyring.subjectRef("jane");
    halves.supply(new HalfNeededError(jane, true));
    for (const text of ["", "x", "a longer text, such as a reason".repeat(100)]) {
      for (const own of [keyring.seal(jane, "place", text), keyring.sealOwn("place", text)]) {
        const [_, body = own.sealed] = own.sealed.split(".");
        for (const { sealed } of [own, { sealed: body }]) {
          const { data } = toCloudEvent("north", { ...stored, data: { reason: { sealed } } });
          expect(data).toEqual({ reason: { sealed: true } });
        }
      }
    }
  });

  it("shows the type and the rules of a column that is called sealed", () => {
    const data = {
      schema: { sealed: "decimal" },
      privacy_rules: { sealed: "mask" },
      quality_rules: { sealed: "not_null and unique and regex:^[A-Za-z0-9]{1,20}$" },
      rules: { sealed: { strategy: "redact", text: "[REDACTED]" } },
      newest: { sealed: "2026-11-23T12:00:00.000Z" },
    };
    expect(toCloudEvent("north", { ...stored, data }).data).toEqual(data);
  });

  it("of a deletion request shows no ciphertext", () => {
    const lake = testLake({ level: "gdpr" });
    lake.run({
      type: "RequestDeletion",
      subject_id: "jane",
      reason: "please",
      requested_by: "petra",
      identity_verified: null,
      received_at: null,
    });
    const [, requested] = lake.log.events();
    if (requested === undefined) throw new Error("nothing was recorded");
    const ciphertext = requested.data.subject_id as { readonly sealed: string };
    const wire = JSON.stringify(toCloudEvent("north", requested));
    expect(ciphertext.sealed.length).toBeGreaterThan(20);
    expect(wire).not.toContain(ciphertext.sealed);
    expect(wire).toContain('"subject_id":{"sealed":true}');
  });
});
