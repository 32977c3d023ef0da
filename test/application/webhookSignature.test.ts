import { describe, expect, it } from "vitest";
import { newWebhookSecret, signedHeaders } from "../../src/application/webhookSignature.ts";
import { registerWebhook } from "../../src/contracts/webhooks.ts";

describe("the signature of a notification", () => {
  // The vector that the reference libraries of the specification hold themselves to.
  it("is the one that the libraries of Standard Webhooks give", () => {
    const headers = signedHeaders(
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
      "msg_p5jXN8AQM9LWM0D4loKWxJek",
      new Date(1_614_265_330_999),
      '{"test": 2432232314}',
    );
    expect(headers).toEqual({
      "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
      "webhook-timestamp": "1614265330",
      "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    });
  });
});

describe("a secret", () => {
  const fits = (secret: string) =>
    registerWebhook.safeParse({ url: "https://a.example", events: ["BatchQuarantined"], secret })
      .success;

  it("is new each time, and what the specification takes for one", () => {
    const [one, other] = [newWebhookSecret(), newWebhookSecret()];
    expect(one).not.toBe(other);
    expect(fits(one)).toBe(true);
  });

  it.each([
    ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", true],
    [`whsec_${btoa("x".repeat(24))}`, true],
    [`whsec_${btoa("x".repeat(64))}`, true],
    [`whsec_${btoa("x".repeat(23))}`, false],
    [`whsec_${btoa("x".repeat(65))}`, false],
    [btoa("x".repeat(24)), false],
    ["whsec_", false],
    ["whsec_not base64 at all, is it now?", false],
  ])("of one's own, %s, is taken: %s", (secret, taken) => expect(fits(secret)).toBe(taken));
});
