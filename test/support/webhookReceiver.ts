/** A receiver of notifications in place of the network, and what tests of webhooks ask of a lake. */
import { createHmac } from "node:crypto";
import { expect, vi } from "vitest";
import { eventually, type Lake } from "./lakeClient.ts";

const HOST = "https://receiver.example";
let url_of_receiver = `${HOST}/nobody`;

/** Where the receiver of this test is: lakes of other tests may still be calling theirs. */
export const urlOfReceiver = (): string => url_of_receiver;

export interface Received {
  readonly url: string;
  readonly headers: Headers;
  readonly body: string;
  readonly redirect: string | undefined;
}

/** Takes the place of the network: answers calls to a new URL, and those below it, in their order. */
export const receiver = (answer: (nth: number) => Response | Promise<Response>) => {
  const received: Received[] = [];
  const own = `${HOST}/${crypto.randomUUID()}`;
  url_of_receiver = own;
  const real = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const url = String(input);
    if (!url.startsWith(HOST)) return real(input, init);
    if (!url.startsWith(own)) return new Response(null, { status: 503 });
    received.push({
      url,
      headers: new Headers(init?.headers),
      body: String(init?.body),
      redirect: init?.redirect,
    });
    return answer(received.length);
  });
  return received;
};

export const EVENTS = ["GDPRDeletionRequested", "GDPRDeletionRejected"];

export const register = async (lake: Lake, more: object = {}) => {
  const answer = await lake.done("/webhooks", { url: urlOfReceiver(), events: EVENTS, ...more });
  return {
    id: answer.text("webhook", "webhook_id"),
    secret: answer.text("secret"),
    answer,
  };
};

export const SUBJECT = "jane.doe@example.com";
export const requestDeletion = (lake: Lake, subject_id = SUBJECT) =>
  lake.done("/deletions", { subject_id, reason: "my sister Ann", requested_by: "petra" });

export const deliveries = async (lake: Lake, id: string, query = "") =>
  (await lake.get(`/webhooks/${id}/deliveries${query}`)).at("items") as Record<string, unknown>[];

export const settled = (lake: Lake, id: string, status: string) =>
  eventually(async () => expect(await deliveries(lake, id)).toMatchObject([{ status }]));

/** As a receiver checks it, from the specification alone. */
export const isAuthentic = ({ headers, body }: Received, secret: string): boolean => {
  const signed = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${body}`;
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const expected = `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  return (headers.get("webhook-signature") ?? "").split(" ").includes(expected);
};
