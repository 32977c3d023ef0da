import { describe, expect, it } from "vitest";
import { EVENT_CONTRACTS } from "../../../src/contracts/events.ts";
import { datasetName, webhookId } from "../../../src/contracts/fields.ts";
import {
  decideWebhook,
  MAX_WEBHOOKS,
  type WebhookCommand,
  webhookUrlFault,
} from "../../../src/domain/webhook/decide.ts";
import {
  concerns,
  isNotified,
  NOTIFICATIONS,
  NOTIFIED,
  notificationOf,
} from "../../../src/domain/webhook/notifications.ts";
import {
  evolveWebhook,
  initialWebhook,
  type WebhookEvent,
} from "../../../src/domain/webhook/webhook.ts";
import { deciderSpec, FIRST_RECORDED_AT } from "../../support/deciderSpec.ts";

const given = deciderSpec(
  { decide: decideWebhook, evolve: evolveWebhook, initialState: initialWebhook },
  { active: 0 },
);

const webhook_id = webhookId.parse("w1");
const data = {
  webhook_id,
  url: { sealed: "dXJs" },
  events: ["GDPRDeletionOverdue"] as const,
  secret: { sealed: "c2VjcmV0" },
};
const register: WebhookCommand = {
  type: "RegisterWebhook",
  ...data,
  datasets: null,
  shown_secret: "whsec_x",
};
const registered: WebhookEvent = { type: "WebhookRegistered", data };
const remove: WebhookCommand = { type: "RemoveWebhook", webhook_id };
const removed: WebhookEvent = { type: "WebhookRemoved", data: { webhook_id } };

describe("a webhook", () => {
  it("is registered with its secret and its URL sealed, never in clear", () => {
    given().when(register).then(registered);
    expect(given(registered).state()).toEqual({
      status: "active",
      ...data,
      registered_at: FIRST_RECORDED_AT,
    });
  });

  it("remembers the datasets it is narrowed down to", () => {
    const datasets = [datasetName.parse("sales")];
    const narrowed = { type: "WebhookRegistered", data: { ...data, datasets } } as const;
    given()
      .when({ ...register, datasets })
      .then(narrowed);
    expect(given(narrowed).state()).toMatchObject({ datasets });
  });

  it("is one of so many", () => {
    given()
      .knowing({ active: MAX_WEBHOOKS - 1 })
      .when(register)
      .then(registered);
    given().knowing({ active: MAX_WEBHOOKS }).when(register).thenRejected("too-many-webhooks");
  });

  it("is removed once, and only when it is there", () => {
    given(registered).when(remove).then(removed);
    given(registered, removed).when(remove).thenRejected("webhook-not-found", "not_found");
    given().when(remove).thenRejected("webhook-not-found", "not_found");
    expect(given(removed).state()).toEqual(initialWebhook);
  });
});

describe("the URL of a webhook", () => {
  it.each(["https://example.com/lethe", "https://hooks.example.co.uk:8443/a?b=c"])(
    "may be %s",
    (url) => expect(webhookUrlFault(url, false)).toBeNull(),
  );

  it.each([
    ...["http://example.com", "ftp://example.com", "example.com", "javascript:alert(1)"],
    ...["https://user:pass@example.com", "https://example.com/#x"],
    // Every way to write an address is one to the URL parser.
    ...["https://127.0.0.1", "https://2130706433", "https://0x7f.1", "https://10.0.0.1"],
    ...["https://169.254.169.254/latest/meta-data", "https://[::1]", "https://[fd00::1]"],
    ...["https://8.8.8.8", "https://localhost", "https://localhost.", "https://a.localhost"],
    ...["https://localhost..", "https://127.0.0.1..", "https://mail.localdomain"],
    ...["https://db", "https://db.internal", "https://printer.local", "https://x.home.arpa"],
  ])("may not be %s", (url) => expect(webhookUrlFault(url, false)).not.toBeNull());

  it("may be on the machine itself in local development, and nowhere else inside", () => {
    for (const url of ["http://127.0.0.1:9000/x", "http://localhost:9000", "http://[::1]:9000"]) {
      expect(webhookUrlFault(url, true)).toBeNull();
    }
    for (const url of ["http://10.0.0.1", "http://example.com", "https://192.168.1.1"]) {
      expect(webhookUrlFault(url, true)).not.toBeNull();
    }
  });
});

describe("a notification", () => {
  it("carries what is on its list and nothing else", () => {
    const event = {
      type: "GDPRDeletionRequested",
      seq: 7,
      stream: "deletion/d1",
      recorded_at: FIRST_RECORDED_AT,
      dataset: null,
      data: {
        deletion_id: "d1",
        subject_ref: "ab12",
        subject_id: { sealed: "x" },
        reason: { sealed: "y" },
        requested_by: "petra",
        received_at: "r",
        deadline: "d",
        statutory_deadline: "s",
      },
    };
    expect(notificationOf("north", "GDPRDeletionRequested", event)).toEqual({
      type: "GDPRDeletionRequested",
      timestamp: FIRST_RECORDED_AT,
      data: {
        lake_id: "north",
        subject: "deletion/d1",
        sequence: 7,
        subject_ref: "ab12",
        received_at: "r",
        deadline: "d",
        statutory_deadline: "s",
      },
    });
  });

  it("names the dataset that it is about, and nothing of a batch's rows but their count", () => {
    const event = {
      type: "DataPublished",
      seq: 9,
      stream: "batch/b1",
      recorded_at: FIRST_RECORDED_AT,
      dataset: "sales",
      data: { rows: 3, newest: { day: "2026-11-01" }, schema: { email: "string" }, objects: [] },
    };
    expect(notificationOf("north", "DataPublished", event).data).toEqual({
      lake_id: "north",
      subject: "batch/b1",
      sequence: 9,
      dataset: "sales",
      rows: 3,
    });
  });

  it.each([
    ["sales", undefined, true],
    ["sales", ["sales", "staff"], true],
    ["sales", ["staff"], false],
    [null, ["staff"], true],
    [null, undefined, true],
  ])("about %s concerns who asked about %s: %s", (dataset, datasets, told) => {
    expect(concerns({ dataset }, datasets)).toBe(told);
  });

  it("can be had of all that changes what a contract allows", () => {
    const changes = Object.keys(EVENT_CONTRACTS).filter((type) => type.startsWith("DataContract"));
    expect(changes.filter((type) => !isNotified(type))).toEqual(["DataContractDefined"]);
  });

  it("never carries free text, a name or a sealed field, of whatever type", () => {
    const fields = NOTIFIED.flatMap((type) => NOTIFICATIONS[type] as readonly string[]);
    for (const private_ of [
      "reason",
      "requested_by",
      "subject_id",
      "purpose",
      "secret",
      "url",
      "schema",
      "objects",
      "approver",
    ]) {
      expect(fields).not.toContain(private_);
    }
  });
});
