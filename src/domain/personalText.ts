/**
 * What names or reaches a person for certain in a text that somebody has written. Only what can hardly
 * be anything else counts, because the text is refused for it: an address with a domain, a phone number
 * with its country, an IBAN and a card's number by their check digits. What it misses (a name, say)
 * nobody has promised to find.
 */
import { ibanLength, isIban, isPaymentCard } from "./accountNumbers.ts";

export const PERSONAL_KINDS = [
  "e-mail address",
  "phone number",
  "IBAN",
  "payment card number",
] as const;
export type PersonalKind = (typeof PERSONAL_KINDS)[number];

/** Kinds that stand in the text, each once; linear in its length. */
export const personalKindsIn = (text: string): readonly PersonalKind[] =>
  PERSONAL_KINDS.filter((kind) => FINDERS[kind](text));

/** RFC 5321, 4.5.3.1: longest local part; and longest domain. */
const MAX_LOCAL = 64;
const MAX_DOMAIN = 255;

/** Of a regular expression `\w+` is no name. */
const LOCAL = /(?<!\\)[\p{L}\p{N}][\p{L}\p{N}._%+'-]*$/u;
const DOMAIN =
  /^(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,63}(?![\p{L}\p{N}])/u;
/** What stands before the host of a URL: `sftp://user:secret@host` reaches nobody. */
const USER_OF_URL = /[a-z][a-z0-9+.-]*:\/\/[^\s/]*$/i;

/** Local parts that are a function's, not a person's. */
const FUNCTIONS: ReadonlySet<string> = new Set([
  ...["abuse", "admin", "administrator", "compliance", "contact", "data", "data-protection"],
  ...[
    "dataprotection",
    "datenschutz",
    "dpo",
    "gdpr",
    "git",
    "help",
    "helpdesk",
    "hello",
    "hostmaster",
  ],
  ...[
    "info",
    "it",
    "kontakt",
    "legal",
    "mail",
    "no-reply",
    "noreply",
    "office",
    "ops",
    "postmaster",
  ],
  ...["press", "privacy", "root", "sales", "security", "service", "support", "team", "webmaster"],
]);

const holdsEmail = (text: string): boolean => {
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const before = text.slice(Math.max(0, at - MAX_LOCAL), at);
    const local = LOCAL.exec(before)?.[0];
    const domain = DOMAIN.test(text.slice(at + 1, at + 1 + MAX_DOMAIN));
    if (local === undefined || !domain || USER_OF_URL.test(before)) continue;
    if (!FUNCTIONS.has(local.toLowerCase())) return true;
  }
  return false;
};

/** ITU-T E.164 with its `+`; with fewer digits it may as well be a growth in thousands. */
const PHONE = /(?<![\p{L}\p{N}_)+])\+[1-9](?:[ ()./-]{0,2}\d){9,14}(?![\p{L}\p{N}])/gu;
const IN_THOUSANDS = /^\+\d{1,3}([ .])\d{3}(?:\1\d{3})*$/;

const holdsPhone = (text: string): boolean =>
  [...text.matchAll(PHONE)].some(([number]) => !IN_THOUSANDS.test(number));

const IBAN_START = /(?<![\p{L}\p{N}])[A-Za-z]{2}\d{2}/gu;

const holdsIban = (text: string): boolean =>
  [...text.matchAll(IBAN_START)].some(({ 0: start, index }) => {
    const length = ibanLength(start.slice(0, 2).toUpperCase());
    const compact = length === null ? null : gathered(text, index, length);
    return compact !== null && isIban(compact.toUpperCase());
  });

/** So many letters and digits from there on, single blanks left out; null when there are more or fewer. */
const gathered = (text: string, from: number, length: number): string | null => {
  let compact = "";
  let at = from;
  for (; compact.length < length; at += 1) {
    const character = text[at] ?? "";
    if (/[A-Za-z0-9]/.test(character)) compact += character;
    else if (character !== " " || text[at - 1] === " ") return null;
  }
  return /[\p{L}\p{N}]/u.test(text[at] ?? "") ? null : compact;
};

/** Of 15 or 16 digits, as nearly all are: whole, or parted as they are printed. */
const CARD =
  /(?<![\p{L}\p{N}]|\d[.,])(?:\d{15,16}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}([ -])\d{6}\2\d{5})(?![\p{L}\p{N}]|[.,]\d)/gu;

const holdsCard = (text: string): boolean =>
  [...text.matchAll(CARD)].some(([number]) => isPaymentCard(number.replace(/\D/g, "")));

const FINDERS: Readonly<Record<PersonalKind, (text: string) => boolean>> = {
  "e-mail address": holdsEmail,
  "phone number": holdsPhone,
  IBAN: holdsIban,
  "payment card number": holdsCard,
};
