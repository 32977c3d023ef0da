import { describe, expect, test } from "vitest";
import { DATA_SUBJECT, requesterOf } from "../../src/application/requester.ts";

describe("who asks", () => {
  test.each([
    ["the subject by the same id", "anna", "anna"],
    ["the subject in another case and between blanks", " ANNA ", "anna"],
    ["the subject within an address", "anna@example.org", "anna"],
    ["the subject within a sentence", "guardian of cust/4711-b (by post)", "cust/4711-b"],
    ["the subject whose id has blanks around it", "anna", " anna "],
    ["the subject where the id stands twice", "4711x or 4711", "4711"],
    ["the subject by letters with marks of their own", "Ju\u0308rgen", "J\u00fcrgen"],
    ["the subject with another kind of blank", "Anna\u00a0 Maria", "anna maria"],
    ["the subject in full-width letters", "\uff41nna", "anna"],
  ])("is recorded as the data subject: %s", (_, requested_by, subject_id) => {
    expect(requesterOf(requested_by, subject_id)).toBe(DATA_SUBJECT);
  });

  test.each([
    ["somebody else", "dpo", "anna"],
    ["somebody whose name begins alike", "annabel", "anna"],
    ["somebody whose number holds the id", "clerk-14711", "4711"],
    ["somebody with a letter of the id", "support", "s"],
  ])("is recorded as given: %s", (_, requested_by, subject_id) => {
    expect(requesterOf(requested_by, subject_id)).toBe(requested_by);
  });
});
