/** Values that name or reach a person anywhere, by their form and, where they have one, their check. */

/**
 * An address as it stands in practice: the dot-atom of RFC 5322 before the `@`, behind it a domain
 * of at least two labels.
 */
const EMAIL =
  /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{N}!#$%&'*+/=?^_`{|}~-]+)*@(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,63}$/u;

export const isEmail = (text: string): boolean => EMAIL.test(text);

/** With its country (`+` or `00`): ITU-T E.164, 8-15 digits, parted in any way. */
const INTERNATIONAL_PHONE = /^(?:\+|00)[1-9][\d ()./-]*\d$/;
/** Without: parted after its area code, as nothing but a phone number is. */
const NATIONAL_PHONES = [
  /^\(0\d{1,5}\) ?\d[\d ./-]*\d$/,
  /^0\d{1,5}[ /-]\d[\d ./-]*\d$/,
  /^0\d(?:[ .]\d{2}){4}$/,
  /^\(\d{3}\) ?\d{3}[-. ]\d{4}$/,
  /^\d{3}[-.]\d{3}[-.]\d{4}$/,
];

const digitsOf = (text: string): string => text.replace(/\D/g, "");

export const isPhone = (text: string): boolean => {
  const { length } = digitsOf(text);
  if (INTERNATIONAL_PHONE.test(text)) return length >= 8 && length <= 17;
  return length >= 9 && length <= 13 && NATIONAL_PHONES.some((pattern) => pattern.test(text));
};

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;
const GROUP = /^[0-9a-f]{1,4}$/i;
const IPV6_GROUPS = 8;

/** RFC 4291: eight groups, one run of zeros left out at most, the last two maybe as IPv4. */
const isIpv6 = (text: string): boolean => {
  const halves = text.split("::");
  if (!text.includes(":") || halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === "" ? [] : half.split(":")));
  const last = groups.at(-1) ?? "";
  const v4 = IPV4.test(last);
  const hex = v4 ? groups.slice(0, -1) : groups;
  if (!hex.every((group) => GROUP.test(group))) return false;
  const count = hex.length + (v4 ? 2 : 0);
  return halves.length === 2 ? count > 0 && count < IPV6_GROUPS : count === IPV6_GROUPS;
};

export const isIpAddress = (text: string): boolean => IPV4.test(text) || isIpv6(text);
