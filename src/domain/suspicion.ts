/**
 * What looks like personal data: what is counted of a column while its values are read, and when
 * that is enough to say so. Counts and names of the schema only, never a value, because both are
 * recorded in the log. What was counted of parts of a file adds up to what the whole has.
 */

/** What a column may hold. */
export const PII_KINDS = [
  "email",
  "phone",
  "iban",
  "payment_card",
  "ip_address",
  "german_tax_id",
  "spanish_national_id",
  "french_social_security_number",
  "italian_tax_code",
  "dutch_citizen_service_number",
  "polish_pesel",
  "belgian_national_number",
  "national_id",
  "person_name",
  "birth_date",
  "postal_address",
] as const;

export type PiiKind = (typeof PII_KINDS)[number];

/** What was counted of one column. Plain JSON, bounded by the kinds there are. */
export interface ColumnSigns {
  readonly column: string;
  /** Distinct values looked at (of parts of a file: in each part). */
  readonly sampled: number;
  /** How many of them a detector knows, by kind; kinds that none is of are left out. */
  readonly matches: Readonly<Partial<Record<PiiKind, number>>>;
  /** What the column's name says it holds, and how many values may be that; else null. */
  readonly named: { readonly kind: PiiKind; readonly fitting: number } | null;
}

/** Why a column is suspected. */
export interface Sign {
  readonly kind: PiiKind;
  readonly found_by: "values" | "name";
  /** Of the sampled values, 0-1, to two decimals: those that match, or fit what the name says. */
  readonly share: number;
}

export interface Suspicion {
  readonly column: string;
  /** The strongest first; never empty. */
  readonly signs: readonly Sign[];
}

/** At least this share of a column's sampled values is of a kind. */
export const MIN_SHARE = 0.5;

/** And so many of them: a shape is no accident for long. */
const MIN_MATCHES = 3;

/**
 * Kinds that are only digits with a check digit or two: one in ten numbers that mean something else
 * passes, so a few that do are an accident still.
 */
const MIN_MATCHES_OF_DIGITS = 8;
const ONLY_DIGITS: ReadonlySet<PiiKind> = new Set([
  "payment_card",
  "german_tax_id",
  "french_social_security_number",
  "dutch_citizen_service_number",
  "polish_pesel",
  "belgian_national_number",
]);

/** The signs of a whole file from those of its parts, in the order of the first. */
export const mergeSigns = (parts: readonly (readonly ColumnSigns[])[]): readonly ColumnSigns[] => {
  const merged = new Map<string, ColumnSigns>();
  for (const signs of parts.flat()) {
    const known = merged.get(signs.column);
    merged.set(signs.column, known === undefined ? signs : sum(known, signs));
  }
  return [...merged.values()];
};

const sum = (left: ColumnSigns, right: ColumnSigns): ColumnSigns => {
  const matches = { ...left.matches };
  for (const kind of PII_KINDS) {
    const more = right.matches[kind] ?? 0;
    if (more > 0) matches[kind] = (matches[kind] ?? 0) + more;
  }
  const fitting = (left.named?.fitting ?? 0) + (right.named?.fitting ?? 0);
  const kind = left.named?.kind ?? right.named?.kind;
  const named = kind === undefined ? null : { kind, fitting };
  return { column: left.column, sampled: left.sampled + right.sampled, matches, named };
};

/**
 * The columns that look like personal data: enough values match a detector, or the name says so and
 * the values may be what it says.
 */
export const suspicionsOf = (columns: readonly ColumnSigns[]): readonly Suspicion[] =>
  columns.flatMap((column) => {
    const signs = signsOf(column);
    return signs.length === 0 ? [] : [{ column: column.column, signs }];
  });

const signsOf = ({ sampled, matches, named }: ColumnSigns): readonly Sign[] => {
  if (sampled === 0) return [];
  const shareOf = (count: number) => Math.round((100 * count) / sampled) / 100;
  const signs: Sign[] = PII_KINDS.flatMap((kind) => {
    const count = matches[kind] ?? 0;
    const enough = ONLY_DIGITS.has(kind) ? MIN_MATCHES_OF_DIGITS : MIN_MATCHES;
    if (count < enough || count < MIN_SHARE * sampled) return [];
    return [{ kind, found_by: "values", share: shareOf(count) } as const];
  }).sort((left, right) => right.share - left.share);
  if (named === null || named.fitting === 0 || named.fitting < MIN_SHARE * sampled) return signs;
  if (signs.some(({ kind }) => kind === named.kind)) return signs;
  return [...signs, { kind: named.kind, found_by: "name", share: shareOf(named.fitting) }];
};

/** For a sentence: `contact (email, phone)`. */
export const describeSuspicion = ({ column, signs }: Suspicion): string =>
  `${column} (${signs.map(({ kind }) => kind.replaceAll("_", " ")).join(", ")})`;
