/**
 * Identification numbers that member states give to people, by form and check digits. Each takes a
 * text without blanks, dots, slashes and hyphens, in upper case.
 */

const weighted = (digits: string, weights: readonly number[]): number =>
  weights.reduce((sum, weight, at) => sum + weight * Number(digits[at] ?? 0), 0);

/** Whether that day is in the calendar; the year counts in full. */
const isDay = (year: number, month: number, day: number): boolean => {
  const date = new Date(Date.UTC(year, month - 1, day));
  return month >= 1 && month <= 12 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
};

/**
 * German Steuer-Identifikationsnummer (section 139b AO): 11 digits, among the first ten just one
 * stands twice or three times; check digit by ISO 7064 MOD 11,10.
 */
export const isGermanTaxId = (text: string): boolean => {
  if (!/^[1-9]\d{10}$/.test(text)) return false;
  const counts = new Map<string, number>();
  for (const digit of text.slice(0, 10)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
  const repeated = [...counts.values()].filter((count) => count > 1);
  if (repeated.length !== 1 || (repeated[0] ?? 0) > 3) return false;
  let product = 10;
  for (const digit of text.slice(0, 10)) {
    const sum = (Number(digit) + product) % 10 || 10;
    product = (2 * sum) % 11;
  }
  return (11 - product) % 10 === Number(text[10]);
};

const SPANISH_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";

/** Spanish DNI, and NIE of foreigners (X, Y or Z first): its letter is the number modulo 23. */
export const isSpanishId = (text: string): boolean => {
  const match = /^([XYZ]\d|\d{2})(\d{6})([A-Z])$/.exec(text);
  if (match === null) return false;
  const [, head = "", rest = "", letter] = match;
  const number = Number(head.replace(/^[XYZ]/, (first) => String("XYZ".indexOf(first))) + rest);
  return SPANISH_LETTERS[number % 23] === letter;
};

/**
 * French numero d'inscription au repertoire: sex, year, month, place of birth, order, and a key of
 * two digits that is 97 minus the rest modulo 97. Corsica's departments are 2A and 2B.
 */
export const isFrenchNir = (text: string): boolean => {
  const match = /^([1-478]\d{2}(?:0[1-9]|1[0-2]|[2-9]\d))(\d{2}|2A|2B)(\d{6})(\d{2})$/.exec(text);
  if (match === null) return false;
  const [, head = "", place = "", rest = "", key] = match;
  const department = place === "2A" ? "19" : place === "2B" ? "18" : place;
  return 97 - Number((BigInt(head + department + rest) % 97n).toString()) === Number(key);
};

/** What a character at an odd place counts: A-Z, digits as A-J (Decree of 23 December 1976). */
const ITALIAN_ODD = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];
/** Digits may be letters where two people would have the same code. */
const ITALIAN_CODE =
  /^[A-Z]{6}[\dLMNPQRSTUV]{2}[ABCDEHLMPRST][\dLMNPQRSTUV]{2}[A-Z][\dLMNPQRSTUV]{3}[A-Z]$/;
const A = 65;

/** Italian codice fiscale of a person: 16 characters, the last one checks the others. */
export const isItalianTaxCode = (text: string): boolean => {
  if (!ITALIAN_CODE.test(text)) return false;
  let sum = 0;
  for (let at = 0; at < 15; at += 1) {
    const digit = Number(text[at]);
    const value = Number.isNaN(digit) ? text.charCodeAt(at) - A : digit;
    sum += at % 2 === 0 ? (ITALIAN_ODD[value] ?? 0) : value;
  }
  return text.charCodeAt(15) - A === sum % 26;
};

/** Dutch burgerservicenummer: nine digits that pass the test of eleven. */
export const isDutchBsn = (text: string): boolean =>
  /^\d{9}$/.test(text) &&
  Number(text) > 0 &&
  weighted(text, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0;

/** Polish PESEL: date of birth with the century in the month, serial number, check digit. */
export const isPolishPesel = (text: string): boolean => {
  if (!/^\d{11}$/.test(text)) return false;
  const month = Number(text.slice(2, 4));
  const century = [1900, 2000, 2100, 2200, 1800][Math.floor(month / 20)] ?? 0;
  if (!isDay(century + Number(text.slice(0, 2)), month % 20, Number(text.slice(4, 6))))
    return false;
  return (10 - (weighted(text, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10 === Number(text[10]);
};

/**
 * Belgian national number, also the bis number (month plus 20 or 40): date of birth, serial number,
 * and 97 minus the rest modulo 97, of those born from 2000 on with a 2 before it.
 */
export const isBelgianNumber = (text: string): boolean => {
  if (!/^\d{11}$/.test(text)) return false;
  const month = Number(text.slice(2, 4)) % 20;
  const day = Number(text.slice(4, 6));
  // Where the day of birth is not known, month and day are 0.
  if (Number(text.slice(2, 4)) >= 60 || month > 12 || day > 31) return false;
  const key = Number(text.slice(9));
  const number = Number(text.slice(0, 9));
  return key === 97 - (number % 97) || key === 97 - ((2_000_000_000 + number) % 97);
};
