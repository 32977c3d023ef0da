/**
 * What a column's name says it holds, in the languages columns are named in, and whether a value
 * may be that: a column `email` of `yes` and `no` holds no addresses.
 */

import type { PiiKind } from "../../domain/suspicion.ts";
import type { ColumnType } from "../../domain/table.ts";

export interface NamedKind {
  readonly kind: PiiKind;
  readonly fits: (value: string) => boolean;
}

interface NameRule {
  readonly kind: PiiKind;
  /** Against the name in lower case, without accents, its words parted by `_`. */
  readonly name: RegExp;
  readonly types: readonly ColumnType[];
  readonly fits: (value: string) => boolean;
}

/** The words stand at the end of a name, but for what only numbers them or calls them a number. */
const ending = (words: string): RegExp =>
  new RegExp(`(?:^|_)(?:${words})(?:_(?:address|adresse|number|nummer|nr|no|num|\\d+))*\\d*$`);

const digitsIn = (value: string): number => value.replace(/\D/g, "").length;
const anyOf = (value: string): boolean => value !== "";
const withLetters = (value: string): boolean => /^[^\d@]*\p{L}[^\d@]*$/u.test(value);
/** Two to eight words of which one at least is of letters, no digit: a whole name. */
const asFullName = (value: string): boolean =>
  withLetters(value) && /^\S+(?: \S+){1,7}$/.test(value.trim());

const PERSONS =
  "customer|client|patient|employee|passenger|contact|person|owner|member|user|student|guest|" +
  "kunden?|patienten|mitarbeiter|kontakt|inhaber|cliente|paciente|empleado|dipendente|klant|klient";

const RULES: readonly NameRule[] = [
  {
    kind: "email",
    name: ending(
      "e_?mails?|mail|courriel|correo|correo_electronico|mail_?adresse|posta_elettronica",
    ),
    types: ["string"],
    fits: (value) => value.includes("@"),
  },
  {
    kind: "phone",
    name: ending(
      "phones?|tele?phone|telephone|tel|telefon|telefono|telefone|telefoon|mobile|mobile_phone|" +
        "mobil|movil|cellulare|cell_?phone|handy|gsm|fax|phone_?number|telefon_?nummer|" +
        "handy_?nummer|telefoon_?nummer|portable",
    ),
    types: ["string", "int"],
    fits: (value) => digitsIn(value) >= 6 && digitsIn(value) <= 17 && !/\p{L}{5}/u.test(value),
  },
  {
    kind: "person_name",
    name: ending(
      "first_?name|last_?name|full_?name|sur_?name|given_?name|family_?name|fore_?name|" +
        "middle_?name|maiden_?name|vorname|nachname|familienname|prenom|nom_de_famille|apellidos?|" +
        "nombre_completo|cognome|voornaam|achternaam|imie|nazwisko",
    ),
    types: ["string"],
    fits: withLetters,
  },
  {
    kind: "person_name",
    name: new RegExp(`^(?:(?:${PERSONS})_?)?(?:name|nom|nombre|nome|naam)$`),
    types: ["string"],
    fits: asFullName,
  },
  {
    kind: "iban",
    name: ending(
      "iban|bank_account|konto_?nummer|bankverbindung|numero_de_compte|rekening_?nummer",
    ),
    types: ["string", "int"],
    fits: (value) => digitsIn(value) >= 6,
  },
  {
    kind: "payment_card",
    name: ending(
      "card_number|(?:credit|debit|payment)_?card|card_?no|kreditkarten?_?nummer|kreditkarte|" +
        "numero_de_carte|carte_bancaire|numero_de_tarjeta|tarjeta_de_credito|carta_di_credito",
    ),
    types: ["string", "int"],
    fits: (value) => digitsIn(value) >= 12 && digitsIn(value) <= 19,
  },
  {
    kind: "ip_address",
    name: ending("ip|ip_?addr|ip_?address|ip_?adresse|adresse_ip|direccion_ip|indirizzo_ip"),
    types: ["string"],
    fits: (value) => /^[\da-f.:]+$/i.test(value) && /[.:]/.test(value),
  },
  {
    kind: "national_id",
    name: ending(
      "ssn|social_security|national_id|passport|passport_id|identity_card|id_card|steuer_?id|" +
        "idnr|tax_id|steueridentifikations_?nummer|sozialversicherungs_?nummer|reisepass|" +
        "personalausweis|dni|nif|numero_secu|numero_de_securite_sociale|codice_fiscale|bsn|" +
        "burgerservice_?nummer|pesel|rijksregister_?nummer|numero_de_registre_national|" +
        "personnummer|cpr",
    ),
    types: ["string", "int"],
    fits: (value) => digitsIn(value) >= 5 && value.length <= 30,
  },
  {
    kind: "birth_date",
    name: ending(
      "date_of_birth|birth_?date|birth_?day|dob|geburtsdatum|geburtstag|date_de_naissance|" +
        "date_naissance|fecha_de_nacimiento|fecha_nacimiento|data_di_nascita|data_nascita|" +
        "geboortedatum|data_urodzenia",
    ),
    types: ["date", "datetime", "string"],
    fits: (value) => digitsIn(value) >= 4,
  },
  {
    kind: "postal_address",
    name: new RegExp(
      "(?:^|_)(?:(?:street|postal|home|billing|shipping|delivery|mailing|residential)_address|" +
        "address(?:_line)?(?:_\\d)?|street(?:_name)?|strasse|anschrift|wohnanschrift|" +
        "adresse_postale|direccion_postal|domicilio|indirizzo|woonadres|straatnaam)$",
    ),
    types: ["string"],
    fits: (value) => /\p{L}{3}/u.test(value) && /\s|\d/.test(value) && !/[@:]/.test(value),
  },
];

/** Not the address of a person, but of a thing, a coin or a place in memory. */
const OTHER_ADDRESS = /(?:^|_)(?:mac|web|http|url|memory|wallet|contract|host|server)_address/;

/** The kind a column's name and type stand for, or null. */
export const namedKind = (column: string, type: ColumnType): NamedKind | null => {
  const name = normalised(column);
  if (OTHER_ADDRESS.test(name)) return null;
  const rule = RULES.find((each) => each.types.includes(type) && each.name.test(name));
  if (rule === undefined) return null;
  // A value of these types is a date, whatever its text.
  const fits = type === "date" || type === "datetime" ? anyOf : rule.fits;
  return { kind: rule.kind, fits };
};

/** `firstName`, `First Name`, `PRÉNOM` -> `first_name`, `first_name`, `prenom`. */
const normalised = (column: string): string =>
  column
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replaceAll("ß", "ss")
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, "$1_$2")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "_")
    .replace(/^_+|_+$/g, "");
