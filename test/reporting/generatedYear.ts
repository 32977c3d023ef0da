/**
 * A year of fifty lakes, made up from a seed: what each lake's log would hold if people worked with
 * it. Requests come in and are answered, some too late, some not at all; files are appended, fail,
 * are published and expire; data is read. Nothing in here knows what a report counts.
 */
import type { StoredEvent } from "../../src/application/ports.ts";
import type { StreamName } from "../../src/domain/ids.ts";

type Data = Readonly<Record<string, unknown>>;

interface Happening {
  readonly at: number;
  readonly stream: StreamName;
  readonly type: string;
  readonly dataset: string | null;
  readonly data: Data;
}

export interface GeneratedLake {
  readonly lake_id: string;
  /** In the order of the log. */
  readonly events: readonly StoredEvent[];
}

export const YEAR = 2026;
export const LAKES = 50;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.UTC(YEAR, 0, 1);
const END = Date.UTC(YEAR + 1, 0, 1);
/** Of the year before, so that the year begins with requests that are open. */
const BEGINS = START - 40 * DAY;

/** Numbers in [0, 1) from a seed: mulberry32. */
const randomFrom = (seed: number) => {
  let state = seed;
  return (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
};

const iso = (at: number): string => new Date(at).toISOString();

const NAMES = ["orders", "people", "visits", "claims"];
const PURPOSES = ["billing", "fraud analysis", "monthly figures", "support", null, null];
const ACTIONS = ["read", "read", "read", "query", "write", "delete"];
const COUNTRIES = ["DE", "FR", "PL", "ES", null];
const LEVELS = ["standard", "gdpr", "gdpr", "strict"];

/** The lakes of the year, always the same for one seed. */
export const generatedYear = (seed: number): readonly GeneratedLake[] =>
  Array.from({ length: LAKES }, (_, index) => generatedLake(seed * 1000 + index, index));

const generatedLake = (seed: number, index: number): GeneratedLake => {
  const random = randomFrom(seed);
  const lake_id = `lake-${String(index + 1).padStart(2, "0")}`;
  const below = (limit: number) => Math.floor(random() * limit);
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item;
  const chance = (probability: number) => random() < probability;
  // Some lakes come into being within the year.
  const created = index % 5 === 4 ? START + below(200) * DAY + below(DAY) : BEGINS;
  /** A moment between two others, or null when there is none. */
  const between = (from: number, until: number) => from + Math.floor(random() * (until - from));

  const happenings: Happening[] = [];
  const happens = (
    at: number,
    stream: StreamName,
    type: string,
    data: Data,
    dataset: string | null = null,
  ) => {
    if (at < END) happenings.push({ at, stream, type, dataset, data });
  };

  happens(created, "lake", "DataLakeCreated", {
    lake_id,
    name: `Lake number ${index + 1}`,
    owner_id: `owner-${index}`,
    region: pick(["eu", "eu-west-1", "us-east-1"]),
    compliance_level: pick(LEVELS),
    country: pick(COUNTRIES),
    time_zone: null,
    residency: { jurisdiction: null, enforced: false },
  });
  if (chance(0.3)) {
    const at = between(created + HOUR, END);
    happens(at, "lake", "ComplianceLevelChanged", { from: "standard", to: "strict" });
    happens(at + HOUR, "lake", "LakeLocalityChanged", { country: "PT" });
    happens(at + 2 * HOUR, "lake", "LakeLocalityChanged", { time_zone: "Europe/Lisbon" });
  }

  const datasets = NAMES.slice(0, 1 + below(3));
  for (const name of datasets) {
    happens(created + 1000, `dataset/${name}`, "DatasetRegistered", {
      name,
      schema: { id: "int", email: "string" },
      description: null,
      contains_pii: pick([true, false, null]),
      encryption_enabled: chance(0.5),
      subject_column: chance(0.5) ? "id" : null,
    });
    const contract: StreamName = `contract/${name}-v1`;
    const content = {
      dataset: name,
      schema: { id: "int", email: "string" },
      retention_days: 30 + below(400),
      privacy_rules: { email: "mask" },
      quality_rules: { id: "not_null" },
      k_anonymity: null,
    };
    const defined = { contract_id: `${name}-v1`, version: 1, ...content };
    happens(created + 2000, contract, "DataContractDefined", defined, name);
    if (chance(0.7)) {
      const at = between(created + 3000, created + 20 * DAY);
      happens(at, contract, "DataContractApproved", { approver: "olga" }, name);
      if (chance(0.3)) {
        const change = { version: 2, retention_days_before: content.retention_days, ...content };
        happens(at + DAY, contract, "DataContractUpdated", change, name);
      }
    } else if (chance(0.3)) {
      happens(created + DAY, contract, "DataContractDeclined", { reason: "unclear" }, name);
    }
  }

  for (let number = 0; number < 10 + below(8); number += 1) {
    const name = pick(datasets);
    const stream: StreamName = `batch/${name}-${number}`;
    const rows = 10 + below(5000);
    let at = between(created + HOUR, END);
    const next = () => {
      at += 1000 + below(3 * HOUR);
      return at;
    };
    const append = (revision: number) => {
      happens(
        next(),
        stream,
        "AppendIngestionRequested",
        {
          batch_id: `${name}-${number}`,
          dataset: name,
          contract_id: `${name}-v1`,
          contract_version: 1,
          revision,
          retention_days: 365,
          file_url: "upload.csv",
          format: "csv",
          contains_pii: null,
          warnings: [],
        },
        name,
      );
      happens(
        next(),
        stream,
        "DataAppended",
        { bytes: rows * 40, sha256: "00", rows, revision, looks_personal: [] },
        name,
      );
    };
    append(1);
    if (chance(0.12)) {
      const misfit = { reason: "does not fit", issues: [], issue_count: 3, contract_version: 1 };
      happens(next(), stream, "SchemaValidationFailed", misfit, name);
      happens(next(), stream, "BatchQuarantined", { cause: "schema", reason: "no fit" }, name);
      if (chance(0.5)) continue;
      append(2);
    }
    happens(next(), stream, "SchemaValidated", { schema: { id: "int" } }, name);
    const passed = chance(0.85);
    const diverted_rows = chance(0.3) ? below(rows) : 0;
    const check = { passed, diverted_rows, rules: {}, breaches: [], warnings: [] };
    happens(next(), stream, passed ? "QualityCheckPassed" : "QualityCheckFailed", check, name);
    if (!passed) {
      happens(next(), stream, "BatchQuarantined", { cause: "quality", reason: "failed" }, name);
      if (chance(0.4)) continue;
      happens(next(), stream, "QuarantineReleased", { reason: "looked at", warnings: [] }, name);
    }
    if (chance(0.8)) happens(next(), stream, "DataAnonymized", { run_id: null }, name);
    if (!chance(0.85)) continue;
    const published = { rows: rows - diverted_rows, objects: [], warnings: [] };
    happens(next(), stream, "DataPublished", published, name);
    if (chance(0.1)) {
      at += below(40) * DAY;
      happens(next(), stream, "DataPublished", published, name);
    }
    if (chance(0.2)) {
      at += 30 * DAY + below(90) * DAY;
      const expiry = { retention_days: 30, due_at: iso(at), objects: 2 };
      happens(next(), stream, "BatchExpired", expiry, name);
    }
  }

  for (let number = 0; number < 30 + below(30); number += 1) {
    const dataset_id = chance(0.1) ? null : pick(datasets);
    happens(
      between(created + HOUR, END),
      "access",
      "AccessAudited",
      {
        accessor_id: `analyst-${below(12)}`,
        dataset_id,
        action: pick(ACTIONS),
        purpose: pick(PURPOSES),
        object: null,
      },
      dataset_id,
    );
  }

  for (let number = 0; number < 4 + below(6); number += 1) {
    const id = `${lake_id}-d${number}`;
    const stream: StreamName = `deletion/${id}`;
    const at = between(created + HOUR, END);
    // Some are recorded late, a few of them past their deadline.
    const received = at - (chance(0.3) ? below(45 * DAY) : below(HOUR));
    let deadline = received + 30 * DAY + below(3 * DAY);
    happens(at, stream, "GDPRDeletionRequested", {
      deletion_id: id,
      subject_ref: "ab12",
      subject_id: { sealed: "c2VhbGVk" },
      reason: { sealed: "c2VhbGVk" },
      requested_by: pick(["petra", "paul"]),
      identity_verified: null,
      received_at: iso(received),
      deadline: iso(deadline),
      statutory_deadline: iso(deadline),
    });
    const extended = deadline > at + DAY && chance(0.15);
    if (extended) {
      const when = between(at, deadline);
      deadline += 60 * DAY;
      happens(when, stream, "GDPRDeletionExtended", {
        reason: { sealed: "c2VhbGVk" },
        deadline: iso(deadline),
        statutory_deadline: iso(deadline),
      });
    }
    const outcome = random();
    const late = at >= deadline || outcome > 0.85;
    const done = late
      ? Math.max(at, deadline) + 1000 + below(30 * DAY)
      : between(Math.max(at, deadline - 32 * DAY), deadline);
    if (late) {
      const missed = { deadline: iso(deadline), statutory_deadline: iso(deadline) };
      happens(Math.max(at + 1, deadline), stream, "GDPRDeletionOverdue", missed);
    }
    if (outcome < 0.12) {
      const reject = { reason: { sealed: "c2VhbGVk" }, ground: "Art. 17(3)(b)" };
      happens(done, stream, "GDPRDeletionRejected", reject);
      continue;
    }
    if (outcome < 0.2) continue;
    const start = { cause: "command", reason: null, withheld: [], remainder: false };
    happens(done, stream, "GDPRDeletionStarted", start);
    if (chance(0.05)) {
      happens(done + 1, stream, "GDPRDeletionFailed", { failure: "no room", remainder: false });
      continue;
    }
    // The completion is recorded a little after the moment that it names.
    happens(done + 5, stream, "GDPRDeletionCompleted", { completed_at: iso(done + 2) });
  }

  for (let number = 0; number < below(3); number += 1) {
    const id = `${lake_id}-s${number}`;
    const stream: StreamName = `subject-access/${id}`;
    const at = between(created + HOUR, END);
    const deadline = { deadline: iso(at + 30 * DAY), statutory_deadline: iso(at + 30 * DAY) };
    happens(at, stream, "SubjectAccessRequested", {
      subject_access_id: id,
      requested_by: "petra",
      received_at: iso(at),
      ...deadline,
    });
    if (chance(0.2)) {
      happens(at + DAY, stream, "SubjectAccessRejected", { reason: {}, ground: null });
      continue;
    }
    if (chance(0.2)) {
      const longer = { reason: {}, deadline: iso(at + 90 * DAY), statutory_deadline: iso(at) };
      happens(at + 2 * DAY, stream, "SubjectAccessExtended", longer);
    }
    if (chance(0.3)) happens(at + 30 * DAY, stream, "SubjectAccessOverdue", deadline);
    happens(at + 31 * DAY, stream, "SubjectAccessCompleted", { recipients: 1 });
  }

  return { lake_id, events: recorded(happenings) };
};

/** As the lake would number them. */
const recorded = (happenings: readonly Happening[]): readonly StoredEvent[] => {
  const versions = new Map<string, number>();
  return [...happenings]
    .sort((a, b) => a.at - b.at)
    .map(({ at, stream, type, dataset, data }, index) => {
      const stream_version = (versions.get(stream) ?? 0) + 1;
      versions.set(stream, stream_version);
      return {
        seq: index + 1,
        event_id: `event-${index + 1}`,
        stream,
        stream_version,
        type,
        schema_version: 1,
        recorded_at: iso(at),
        actor: "tester",
        correlation_id: "correlation",
        causation_id: null,
        command_id: `command-${index + 1}`,
        dataset,
        data,
      };
    });
};
