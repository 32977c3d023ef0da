import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { REJECTION_REASONS, type RejectionReason } from "../../src/domain/rejection.ts";
import {
  type Problem,
  problemResponse,
  rejectionProblem,
  validationProblem,
} from "../../src/http/problem.ts";
import { knownRequest } from "../support/knownRequest.ts";

const rejection = (reason: RejectionReason) => ({ reason, code: "some-code", detail: "Because." });

const respond = async (problem: Problem, headers?: Record<string, string>) => {
  const app = new Hono();
  app.use(knownRequest);
  app.get("/", (c) => problemResponse(c, problem, headers));
  return app.request("/");
};

describe("a rejection", () => {
  const statuses: Readonly<Record<RejectionReason, number>> = {
    not_found: 404,
    already_exists: 409,
    wrong_state: 409,
    stale_version: 412,
    invalid: 422,
    compliance: 422,
    key_reused: 422,
    not_a_table: 415,
    too_large: 413,
    unauthenticated: 401,
    forbidden: 403,
    gone: 410,
    unavailable: 503,
  };

  it.each(REJECTION_REASONS)("because of %s has its status", (reason) => {
    expect(rejectionProblem(rejection(reason))).toEqual({
      status: statuses[reason],
      code: "some-code",
      detail: "Because.",
    });
  });

  it.each(REJECTION_REASONS)("because of %s has a title of its own", async (reason) => {
    const response = await respond(rejectionProblem(rejection(reason)));
    const document = z.object({ title: z.string() }).parse(await response.json());
    expect(document.title).not.toBe("Error");
  });

  it("keeps where in the body something is wrong", () => {
    const errors = [{ path: "a.b", message: "is odd" }];
    expect(rejectionProblem({ ...rejection("invalid"), errors })).toMatchObject({ errors });
  });
});

describe("a problem document", () => {
  it("has the members and the media type of RFC 9457", async () => {
    const response = await respond(
      { status: 409, code: "batch-exists", detail: "It exists." },
      { "Retry-After": "1" },
    );
    expect(response.status).toBe(409);
    expect(response.headers.get("Content-Type")).toBe("application/problem+json");
    expect(response.headers.get("Retry-After")).toBe("1");
    expect(await response.json()).toEqual({
      type: "/problems/batch-exists",
      title: "Conflict",
      status: 409,
      detail: "It exists.",
      code: "batch-exists",
    });
  });

  it("of status 422 always lists errors, be it that of the request as a whole", async () => {
    const response = await respond({ status: 422, code: "c", detail: "d" });
    expect(await response.json()).toMatchObject({ errors: [{ path: "", message: "d" }] });
  });

  it("may say more", async () => {
    const more = { warnings: ["w"], batch: { batch_id: "b" } };
    const response = await respond({ status: 422, code: "c", detail: "d", more });
    expect(await response.json()).toMatchObject(more);
  });
});

describe("a problem with the input", () => {
  it("names every place and leads with the first", () => {
    const schema = z.object({ a: z.array(z.int()), b: z.string() });
    const { error } = schema.safeParse({ a: [1, "x"], b: 2 });
    if (!error) throw new Error("it fits");
    const problem = validationProblem(error, "body");
    expect(problem).toMatchObject({ status: 422, code: "invalid-input" });
    expect(problem.errors?.map(({ path }) => path)).toEqual(["a.1", "b"]);
    expect(problem.detail).toMatch(/^The body is not valid: a\.1: /);
  });

  it("with the whole of it has an empty path", () => {
    const { error } = z.object({}).safeParse(7);
    if (!error) throw new Error("it fits");
    expect(validationProblem(error, "query").errors?.at(0)?.path).toBe("");
  });
});
