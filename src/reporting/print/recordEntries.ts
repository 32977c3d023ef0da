/**
 * What the record of processing activities says of an activity, by the letters of GDPR Art. 30(1):
 * what is on record in Lethe, and what is not, with how to put it there. Nothing is made up: what
 * nobody has told Lethe, it does not know.
 */
import type { Controllers } from "../controllers.ts";
import { MAX_LISTED, type ProcessingActivity } from "../processingRecords.ts";
import { count, date, many } from "./figures.ts";

export const LETTERS = ["a", "b", "c", "d", "e", "f", "g"] as const;
export type Letter = (typeof LETTERS)[number];

export interface Missing {
  readonly what: string;
  /** How it comes on record, or where else it belongs. */
  readonly how: string;
}

export interface Entry {
  readonly letter: Letter;
  readonly recorded: readonly string[];
  readonly not_recorded: readonly Missing[];
}

/** What each letter asks for, in short. */
export const TITLES: Readonly<Record<Letter, string>> = {
  a: "Controller and contacts",
  b: "Purposes",
  c: "Data subjects and personal data",
  d: "Recipients",
  e: "Transfers to third countries",
  f: "Time limits for erasure",
  g: "Security measures",
};

/** Those that are the same for every activity of a lake. */
export const LETTERS_OF_LAKE: readonly Letter[] = ["a", "e"];

/** One for each letter, in order. */
export const entriesOf = (
  activity: ProcessingActivity,
  controllers: Controllers,
): readonly Entry[] => [
  controller(activity, controllers),
  purposes(activity),
  categories(activity),
  recipients(activity),
  transfers(activity),
  timeLimits(activity),
  security(activity),
];

type Line<Value> = Value | null | false;

const entry = (
  letter: Letter,
  recorded: readonly Line<string>[],
  not_recorded: readonly Line<Missing>[],
): Entry => ({
  letter,
  recorded: recorded.filter((line) => typeof line === "string"),
  not_recorded: not_recorded.filter((line) => line !== null && line !== false),
});

const missing = (what: string, how: string): Missing => ({ what, how });

const controller = (activity: ProcessingActivity, { of, fault }: Controllers): Entry => {
  const { owner_id, country, privacy_officers: officers } = activity;
  const named = of(owner_id);
  const joint = named?.joint_controllers ?? [];
  const setting = fault === null ? "the setting CONTROLLERS" : `the setting CONTROLLERS (${fault})`;
  return entry(
    "a",
    [
      named !== null && `Controller: ${named.controller}`,
      joint.length > 0 && `Joint controllers: ${joint.join("; ")}`,
      named?.representative !== undefined && `Representative: ${named.representative}`,
      named?.data_protection_officer !== undefined &&
        `Data protection officer: ${named.data_protection_officer}`,
      `Owner of the lake: ${owner_id}`,
      country !== null && `Country of the controller: ${country}`,
      officers.length > 0 && `Members with the role privacy officer: ${officers.join(", ")}`,
    ],
    [
      named === null &&
        missing(
          "name and contact details of the controller, of joint controllers, of a representative and of the data protection officer",
          `${setting}, or the printed record`,
        ),
      named !== null &&
        named.data_protection_officer === undefined &&
        missing("the data protection officer, where there is one (Art. 37)", setting),
      country === null && missing("country of the controller", "country in POST /locality"),
      officers.length === 0 &&
        missing("a privacy officer", "POST /members with the role privacy_officer"),
    ],
  );
};

const purposes = ({ description, purposes: all, purpose_count }: ProcessingActivity): Entry => {
  const given = all.filter(({ purpose }) => purpose !== null);
  const silent = all.find(({ purpose }) => purpose === null);
  return entry(
    "b",
    [
      description !== null && `Described as: ${description}`,
      ...given.map(
        ({ purpose, accesses, last_at }) =>
          `${purpose} (${many(accesses, "access", "accesses")}, the last on ${date(last_at)})`,
      ),
      rest(purpose_count, "purpose"),
    ],
    [
      given.length === 0 &&
        missing(
          "a purpose",
          "purpose in POST /audit-access, /download-url and /consume-batch, or the dataset's description (POST /datasets/{name}/amend)",
        ),
      silent !== undefined &&
        missing(
          `the purpose of ${many(silent.accesses, "access", "accesses")}`,
          "purpose in each request for data",
        ),
    ],
  );
};

const rest = (all: number, one: string): string | null =>
  all > MAX_LISTED ? `and another ${many(all - MAX_LISTED, one)}` : null;

const categories = (activity: ProcessingActivity): Entry => {
  const { contains_pii, subject_column, columns, personal_columns: personal } = activity;
  const looks = new Set(personal.map(({ column }) => column));
  const others = Object.keys(columns ?? {}).filter((each) => !looks.has(each));
  return entry(
    "c",
    [
      contains_pii === true && "Declared to hold personal data",
      contains_pii === false && "Declared to hold no personal data",
      subject_column !== null && `Persons are told apart by the column ${subject_column}`,
      personal.length > 0 &&
        `Columns that look like personal data: ${personal.map(({ column, kinds }) => `${column} (${kinds.replaceAll("_", " ").replaceAll(",", ", ")})`).join(", ")}`,
      others.length > 0 && `Other columns: ${others.join(", ")}`,
    ],
    [
      missing(
        "categories of data subjects, such as customers or employees",
        "say them in the dataset's description (POST /datasets/{name}/amend), or in the printed record",
      ),
      contains_pii === null &&
        missing("whether it holds personal data", "contains_pii in POST /datasets/{name}/amend"),
      contains_pii === true &&
        subject_column === null &&
        missing(
          "by which column persons are told apart",
          "subject_column in POST /datasets/{name}/amend",
        ),
      columns === null && missing("its columns", "too many to stand here: GET /datasets/{name}"),
    ],
  );
};

const recipients = (activity: ProcessingActivity): Entry => {
  const { recipients: all, recipient_count, webhooks } = activity;
  return entry(
    "d",
    [
      ...all.map(
        ({ accessor_id, accesses, first_at, last_at }) =>
          `${accessor_id} (${many(accesses, "access", "accesses")}, ${date(first_at)} to ${date(last_at)})`,
      ),
      rest(recipient_count, "recipient"),
      all.length === 0 && "Nobody has accessed it yet",
      webhooks > 0 &&
        `${many(webhooks, "webhook")} of the lake ${webhooks === 1 ? "is" : "are"} told of its events, never of data; where they are is sealed (GET /webhooks)`,
    ],
    [
      missing(
        "to whom recipients belong, and who was given data outside of Lethe",
        "POST /audit-access for each disclosure, or the printed record",
      ),
    ],
  );
};

const UNION = "the European Union";
const PLACES: Readonly<Record<string, string>> = {
  eu: UNION,
  us: "the United States",
  fedramp: "the United States (FedRAMP)",
};

const transfers = ({ region, jurisdiction }: ProcessingActivity): Entry => {
  const place = jurisdiction === null ? undefined : (PLACES[jurisdiction] ?? jurisdiction);
  return entry(
    "e",
    [
      `Region of the lake: ${region}`,
      place === undefined
        ? "No jurisdiction was asked for: the platform chooses where the lake lies"
        : `The lake, its files and its reports are to lie in ${place}`,
    ],
    [
      place !== UNION &&
        missing(
          "whether lying there is a transfer to a third country, and its safeguards (Art. 44 to 49)",
          "a region in the Union in POST /lakes keeps a lake there; else the printed record",
        ),
      missing(
        "whether recipients are in third countries, and the safeguards of Art. 46 and 49(1)",
        "the printed record",
      ),
    ],
  );
};

/** Contracts under which data is taken in. */
const inForce = ({ contracts }: ProcessingActivity) =>
  contracts.filter(({ status }) => status === "defined" || status === "approved");

const timeLimits = (activity: ProcessingActivity): Entry => {
  const present = inForce(activity);
  return entry(
    "f",
    [
      ...present.map(
        ({ contract_id, status, retention_days }) =>
          `${many(retention_days, "day")} after a batch was appended, under ${contract_id} (${status === "approved" ? "approved" : "not approved yet"}): then all of its files are deleted`,
      ),
      "On the request of a person: within one month (Art. 12(3), 17)",
    ],
    [
      present.length === 0 && missing("a time limit", "retention_days in POST /contracts"),
      activity.ingested_records > 0 &&
        missing(
          `time limits of ${many(activity.ingested_records, "row")} that ${activity.ingested_records === 1 ? "is" : "are"} held elsewhere`,
          "where they are held",
        ),
    ],
  );
};

const LEVELS = {
  standard: "Compliance level standard: personal data may be undeclared",
  gdpr: "Compliance level gdpr: personal data is declared, and anonymised before it is published",
  strict:
    "Compliance level strict: as gdpr, with datasets encrypted, contracts approved, and privacy runs approved by somebody else",
} as const;

const security = (activity: ProcessingActivity): Entry =>
  entry(
    "g",
    [
      LEVELS[activity.compliance_level],
      activity.encryption_enabled
        ? "Files are sealed under a key of the dataset's own (AES-256-GCM), besides what the platform encrypts at rest"
        : "Files are encrypted at rest by the platform",
      ...inForce(activity).flatMap(({ contract_id, strategies, k_anonymity, quality_rules }) => [
        strategies === null
          ? `Under ${contract_id} columns are transformed before publication: GET /contracts/${contract_id}`
          : Object.keys(strategies).length > 0 &&
            `Transformed before publication under ${contract_id}: ${Object.entries(strategies)
              .map(([column, strategy]) => `${column} (${strategy})`)
              .join(", ")}`,
        k_anonymity > 0 &&
          `Published under ${contract_id} only in groups of ${count(k_anonymity)} rows or more`,
        quality_rules > 0 &&
          `Checked before publication under ${contract_id}: ${many(quality_rules, "rule on a column", "rules on columns")}`,
      ]),
      "Persons stand in logs and reports as keyed pseudonyms; access is by role, and on record before it is granted; the log is signed",
    ],
    [missing("organisational measures, and what is done outside of Lethe", "the printed record")],
  );
