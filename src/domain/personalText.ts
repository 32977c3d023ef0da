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

/** Local parts that are a function's (RFC 2142 has some), not a person's. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  (
    "abuse admin administrator analytics billing compliance contact data data-protection data-team " +
    "dataprotection datenschutz dpo engineering feedback finance gdpr git hello help helpdesk " +
    "hostmaster info it kontakt legal mail marketing news newsletter no-reply noc noreply office ops " +
    "orders postmaster press privacy root sales security service support team webmaster"
  ).split(" "),
);

/** What may look like the end of a domain, and is that of a file's name. */
const FILE_ENDINGS = /(?:\.(?:csv|jsonl|ndjson|parquet|gz))+$/i;

/** Accounts of programs at a platform, not of people. */
const OF_PROGRAMS = /\.gserviceaccount\.com$/i;

const reachesSomebody = (domain: string): boolean =>
  DOMAIN.test(domain.replace(FILE_ENDINGS, "")) && !OF_PROGRAMS.test(domain);

const holdsEmail = (text: string): boolean => {
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    const before = text.slice(Math.max(0, at - MAX_LOCAL), at);
    const local = LOCAL.exec(before)?.[0];
    const domain = DOMAIN.exec(text.slice(at + 1, at + 1 + MAX_DOMAIN))?.[0];
    if (local === undefined || domain === undefined || USER_OF_URL.test(before)) continue;
    if (!reachesSomebody(domain)) continue;
    if (!FUNCTIONS.has(local.toLowerCase())) return true;
  }
  return false;
};

/** ITU-T E.164 with its `+`; with fewer digits it may as well be a growth in thousands. */
const PHONE = /(?<![\p{L}\p{N}_)+])\+[1-9](?:[ ()./-]{0,2}\d){9,14}(?![\p{L}\p{N}])/gu;
const IN_THOUSANDS = /^\+\d{1,3}([ .])\d{3}(?:\1\d{3})*$/;
/** A limit, as in `>=+10000000000`. */
const ROUND = /0{6}$/;
/** Behind an offset from UTC. */
const DATE = /\b(?:19|20)\d{2}-(?:0[1-9]|1[0-2])-\d{2}\b/;
/** Of North America all numbers are as long as another, and begin in one way (NANP). */
const NORTH_AMERICAN = /^1[2-9]\d{2}[2-9]\d{6}$/;

const isPhone = (number: string): boolean => {
  if (IN_THOUSANDS.test(number) || DATE.test(number)) return false;
  const digits = number.replace(/\D/g, "");
  return !ROUND.test(digits) && (!digits.startsWith("1") || NORTH_AMERICAN.test(digits));
};

const holdsPhone = (text: string): boolean =>
  [...text.matchAll(PHONE)].some(([number]) => isPhone(number));

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
