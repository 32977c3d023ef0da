import { describe, expect, it } from "vitest";
import { personalKindsIn } from "../../src/domain/personalText.ts";

const EMAIL = ["e-mail address"];
const PHONE = ["phone number"];
const IBAN = ["IBAN"];
const CARD = ["payment card number"];

describe("a text in which a person is named or can be reached", () => {
  it.each([
    ["asked by jane.doe@example.com yesterday", EMAIL],
    ["<jane+shop@mail.example.co.uk>", EMAIL],
    ["mailto:zoë@exämple.de", EMAIL],
    ["in:ann@example.org,bob@example.org", EMAIL],
    ["https://crm.example.com/people/jane@example.com", EMAIL],
    ["call +49 170 1234567", PHONE],
    ["tel:+32(0)470-12.34.56", PHONE],
    ["+41446681800", PHONE],
    ["+1 (415) 555-2671", PHONE],
    ["+49 170-1234-56-78", PHONE],
    ["people/jane@example.com.csv.gz", EMAIL],
    ["refund to DE89 3704 0044 0532 0130 00, please", IBAN],
    ["statement_de89370400440532013000.csv", IBAN],
    ["NO9386011117947", IBAN],
    ["paid with 4111 1111 1111 1111", CARD],
    ["card-5555555555554444", CARD],
    ["3782 822463 10005", CARD],
    ["+41446681800 or j.doe@example.com", [...EMAIL, ...PHONE]],
  ])("is found out: %s", (text, kinds) => {
    expect(personalKindsIn(text)).toEqual(kinds);
  });

  it.each([
    "churn model, Q3",
    "sales_2024_01.csv",
    "ask privacy@example.com or DPO@example.com",
    "sftp://ingest@files.example.com/in",
    "postgres://reader:s3cret@db.example.com/crm",
    "git@github.com:acme/lake.git",
    "s3://bucket@west/prefix",
    "@acme/lake 1.2.3 and lake@1.2.3",
    "matches:.+@.+",
    "matches:[a-z.]+@example\\.com",
    "matches:[A-Za-z0-9._%+-]+@example.com",
    "matches:\\w+@example.com",
    "a@b and a @ b.example",
    "orders@2026.csv",
    "sales@west.jsonl.gz",
    "billing@example.com, newsletter@example.com",
    "BigQuery as etl@shop.iam.gserviceaccount.com",
    "between:+1000000000,+2000000000",
    ">=+10000000000",
    "from UTC +1 2026-11-29 23:59",
    "UTC +2 2026-11-29 23:59",
    "+1234567890123",
    "between:0.4111111111111111,1",
    "2026-11-29T21:34:05.123Z+01:00",
    "grew by +1 000 000 000",
    "+123456789",
    "x+4917012345678",
    "1700000000000000",
    "4111 1111 1111 1112",
    "411111111111111",
    "4111111111111111000",
    "DE00 3704 0044 0532 0130 00",
    "DE893704004405320130",
    "XX89370400440532013000",
    "6f1e6a0e-0d5c-4c8e-9b0e-0d1f6a3c2b10",
    "hmac-sha256:de89370400440532013000de89370400440532013000de893704004405320130ab",
    "",
  ])("is nothing of the kind: %s", (text) => {
    expect(personalKindsIn(text)).toEqual([]);
  });

  it("takes time in proportion to the text", () => {
    for (const piece of ["a", "a@", "a.", "+4", "DE89 ", "4111 ", "://", "@"]) {
      expect(personalKindsIn(piece.repeat(200_000))).toEqual([]);
    }
  });
});
