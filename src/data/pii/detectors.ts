/** Which kinds of personal data a single value may be of, by its looks alone. */
import { isIban, isPaymentCard } from "../../domain/accountNumbers.ts";
import type { PiiKind } from "../../domain/suspicion.ts";
import {
  isBelgianNumber,
  isDutchBsn,
  isFrenchNir,
  isGermanTaxId,
  isItalianTaxCode,
  isPolishPesel,
  isSpanishId,
} from "./nationalIds.ts";
import { isEmail, isIpAddress, isPhone } from "./patterns.ts";

/** What is longer is none of these. */
export const MAX_VALUE_BYTES = 320;

const AS_WRITTEN = { email: isEmail, phone: isPhone, ip_address: isIpAddress } as const;

const COMPACT = {
  iban: isIban,
  payment_card: isPaymentCard,
  german_tax_id: isGermanTaxId,
  spanish_national_id: isSpanishId,
  french_social_security_number: isFrenchNir,
  italian_tax_code: isItalianTaxCode,
  dutch_citizen_service_number: isDutchBsn,
  polish_pesel: isPolishPesel,
  belgian_national_number: isBelgianNumber,
} as const;

type Detectors = readonly (readonly [PiiKind, (text: string) => boolean])[];

const asWritten = Object.entries(AS_WRITTEN) as Detectors;
const compact = Object.entries(COMPACT) as Detectors;

/** Blanks and marks by which people part long numbers. */
const PARTING = /[ \u00a0./-]/g;
/** A sign or a single dot in digits is a number's, not a parting. */
const PLAIN_NUMBER = /^[-+]|^\d*\.\d+$/;

/** Kinds that a text is of; blanks around it do not count. */
export const kindsOfText = (value: string): readonly PiiKind[] => {
  const text = value.trim();
  if (text === "") return [];
  const found = kindsAmong(asWritten, text);
  if (found.length > 0 || PLAIN_NUMBER.test(text)) return found;
  return kindsAmong(compact, text.replace(PARTING, "").toUpperCase());
};

const NINE_DIGITS = 9;
const ELEVEN_DIGITS = 11;

/** Kinds that a whole number is of: one that began with a zero has lost it. */
export const kindsOfInteger = (digits: string): readonly PiiKind[] => {
  if (!/^\d{8,19}$/.test(digits)) return [];
  const short = digits.length === NINE_DIGITS - 1 || digits.length === ELEVEN_DIGITS - 1;
  return kindsAmong(compact, short ? `0${digits}` : digits);
};

const kindsAmong = (detectors: Detectors, text: string): readonly PiiKind[] =>
  detectors.flatMap(([kind, detects]) => (detects(text) ? [kind] : []));
