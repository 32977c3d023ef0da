import { describe, expect, test } from "vitest";
import { namedKind } from "../../../src/data/pii/columnNames.ts";
import type { PiiKind } from "../../../src/domain/suspicion.ts";
import type { ColumnType } from "../../../src/domain/table.ts";

const NAMED: readonly (readonly [name: string, type: ColumnType, kind: PiiKind])[] = [
  ["email", "string", "email"],
  ["customerEmail", "string", "email"],
  ["E-Mail Adresse", "string", "email"],
  ["email_2", "string", "email"],
  ["correo_electronico", "string", "email"],
  ["phone", "int", "phone"],
  ["Téléphone", "string", "phone"],
  ["handynummer", "string", "phone"],
  ["mobile_number", "string", "phone"],
  ["first_name", "string", "person_name"],
  ["LastName", "string", "person_name"],
  ["prénom", "string", "person_name"],
  ["apellidos", "string", "person_name"],
  ["name", "string", "person_name"],
  ["customer_name", "string", "person_name"],
  ["IBAN", "string", "iban"],
  ["Kontonummer", "int", "iban"],
  ["credit_card_number", "string", "payment_card"],
  ["client_ip", "string", "ip_address"],
  ["ssn", "string", "national_id"],
  ["steuer_id", "int", "national_id"],
  ["codice_fiscale", "string", "national_id"],
  ["date_of_birth", "date", "birth_date"],
  ["Geburtsdatum", "string", "birth_date"],
  ["street_address", "string", "postal_address"],
  ["Straße", "string", "postal_address"],
];

const OTHERS: readonly (readonly [name: string, type: ColumnType])[] = [
  ["email_opt_in", "boolean"],
  ["email_opt_in", "string"],
  ["has_phone", "boolean"],
  ["file_name", "string"],
  ["product_name", "string"],
  ["description", "string"],
  ["hotel", "string"],
  ["zip", "string"],
  ["ship", "string"],
  ["recipe_tip", "float"],
  ["mac_address", "string"],
  ["payment", "string"],
  ["birth_date", "float"],
  ["id", "int"],
];

describe("a column's name", () => {
  test.each(NAMED)("%s (%s) says that it holds %s", (name, type, kind) => {
    expect(namedKind(name, type)?.kind).toBe(kind);
  });

  test.each(OTHERS)("%s (%s) says nothing of a person", (name, type) => {
    expect(namedKind(name, type)).toBeNull();
  });

  test("is held against what stands in the column", () => {
    expect(namedKind("email", "string")?.fits("yes")).toBe(false);
    expect(namedKind("phone", "int")?.fits("1")).toBe(false);
    expect(namedKind("name", "string")?.fits("hammer")).toBe(false);
    expect(namedKind("name", "string")?.fits("Braund, Mr. Owen Harris")).toBe(true);
    expect(namedKind("dob", "date")?.fits("1985-12-10")).toBe(true);
  });
});
