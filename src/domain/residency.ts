/**
 * Where a lake is to lie, from the name of a region as users and cloud providers write it. A
 * jurisdiction is a promise that the platform keeps (its objects, buckets and databases of that
 * jurisdiction run and store there and nowhere else); a hint is a wish that it may follow.
 * Jurisdictions and hints: https://developers.cloudflare.com/durable-objects/reference/data-location/
 */

export const JURISDICTIONS = ["eu", "us", "fedramp"] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

export const LOCATION_HINTS = [
  "wnam",
  "enam",
  "sam",
  "weur",
  "eeur",
  "apac",
  "oc",
  "afr",
  "me",
] as const;
export type LocationHint = (typeof LOCATION_HINTS)[number];

export interface Placement {
  /** Null: anywhere. */
  readonly jurisdiction: Jurisdiction | null;
  /** Only without a jurisdiction, which says more. */
  readonly location_hint: LocationHint | null;
}

/** What is on record of it, and whether the platform holds the lake there. */
export interface Residency {
  readonly jurisdiction: Jurisdiction | null;
  readonly enforced: boolean;
}

const within = (jurisdiction: Jurisdiction): Placement => ({ jurisdiction, location_hint: null });
const near = (location_hint: LocationHint): Placement => ({ jurisdiction: null, location_hint });
const ANYWHERE: Placement = { jurisdiction: null, location_hint: null };

/** For whoever named none of these. */
export const REGION_HELP =
  "say a jurisdiction (eu, us, fedramp), a provider's region (eu-west-1), a hint (weur) or auto";

/** A first word, alone or with more behind a separator: `eu`, `eu-west-1`, but not `eureka`. */
const first = (words: string): RegExp => new RegExp(`^(?:${words})(?:[-_.].+)?$`);

/** Names in one piece, as Azure has them, with a number or none: `westeurope`, `eastus2`. */
const whole = (words: string): RegExp => new RegExp(`^(?:${words})\\d?$`);

const COMPASS = "(?:north|south|east|west|central|northcentral|southcentral|westcentral)";

/** The first that fits counts: what is narrower comes first. */
const NAMES: readonly (readonly [RegExp, Placement])[] = [
  [first("fedramp|us-gov|usgov|us-dod"), within("fedramp")],
  [whole("usgov(?:virginia|texas|arizona|iowa)|usdod(?:east|central)"), within("fedramp")],
  [first("us|usa"), within("us")],
  [whole(`${COMPASS}us`), within("us")],
  [first("eu|europe"), within("eu")],
  [whole(`${COMPASS}europe`), within("eu")],
  [whole("(?:france|sweden|poland|spain|belgium|finland)(?:central|south)"), within("eu")],
  [
    whole("germany(?:westcentral|north)|italynorth|austriaeast|denmarkeast|greececentral"),
    within("eu"),
  ],
  // In Europe, and not in the Union.
  [whole("uk(?:south|west)|switzerland(?:north|west)|norway(?:east|west)"), near("weur")],
  [first("ca-west|northamerica-west"), near("wnam")],
  [first("ca|mx|northamerica"), near("enam")],
  [whole("canada(?:central|east)|mexicocentral"), near("enam")],
  [first("sa|southamerica"), near("sam")],
  [whole("brazil(?:south|southeast)|chilecentral"), near("sam")],
  [first("ap-southeast-[246]|australia"), near("oc")],
  [whole("australia(?:east|southeast|central)|newzealandnorth"), near("oc")],
  [first("ap|asia|apac|cn"), near("apac")],
  [
    whole("(?:east|southeast)asia|(?:central|south|west)india|(?:japan|china)(?:east|west|north)"),
    near("apac"),
  ],
  [whole("korea(?:central|south)|malaysiawest|indonesiacentral|taiwannorth"), near("apac")],
  [first("af|africa"), near("afr")],
  [whole("southafrica(?:north|west)"), near("afr")],
  [first("me|il"), near("me")],
  [whole("uae(?:north|central)|qatarcentral|israelcentral"), near("me")],
  // `local` is what lakes say that nobody was asked about.
  [/^(?:auto|global|local)$/, ANYWHERE],
];

/**
 * Where `region` is, or null when that is the name of no place. What begins with `eu` or `europe`
 * is the Union and what begins with `us` is the United States, whatever follows; upper and lower
 * case are the same. The platform's own hints (`weur`) name themselves.
 */
export const placementOf = (region: string): Placement | null => {
  const name = region.toLowerCase();
  const hint = LOCATION_HINTS.find((each) => each === name);
  if (hint !== undefined) return near(hint);
  return NAMES.find(([pattern]) => pattern.test(name))?.[1] ?? null;
};
