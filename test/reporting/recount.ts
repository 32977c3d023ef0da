/**
 * The monthly report counted a second time, the plain way: through every event of every log, from
 * the first to the last, with the dates as they stand there. Shares nothing with `src/reporting`.
 */
import type { StoredEvent } from "../../src/application/ports.ts";

type Log = { readonly lake_id: string; readonly events: readonly StoredEvent[] };
type Counts = Record<string, number>;

interface Request {
  readonly lake_id: string;
  readonly requested_at: string;
  readonly received_at: string;
  deadline: string;
  missed: string | null;
  overdue_at: string | null;
  completed_at: string | null;
  rejected_at: string | null;
}

const seconds = (time: string): number => Math.floor(Date.parse(time) / 1000);
const text = (value: unknown): string => String(value);

const add = (counts: Counts, key: string, by = 1): void => {
  counts[key] = (counts[key] ?? 0) + by;
};

/** Every request to be forgotten, as it stands behind the last event. */
const requestsIn = (logs: readonly Log[]): readonly Request[] => {
  const requests = new Map<string, Request>();
  for (const { lake_id, events } of logs) {
    for (const { stream, type, data, recorded_at } of events) {
      const key = `${lake_id} ${stream}`;
      if (type === "GDPRDeletionRequested") {
        requests.set(key, {
          lake_id,
          requested_at: recorded_at,
          received_at: text(data.received_at),
          deadline: text(data.deadline),
          missed: null,
          overdue_at: null,
          completed_at: null,
          rejected_at: null,
        });
      }
      const request = requests.get(key);
      if (request === undefined) continue;
      if (type === "GDPRDeletionExtended") request.deadline = text(data.deadline);
      if (type === "GDPRDeletionCompleted") request.completed_at = text(data.completed_at);
      if (type === "GDPRDeletionRejected") request.rejected_at = recorded_at;
      if (type === "GDPRDeletionOverdue") {
        request.missed ??= text(data.deadline);
        // Nobody can be late before they were asked.
        request.overdue_at =
          request.missed > request.requested_at ? request.missed : request.requested_at;
      }
    }
  }
  return [...requests.values()];
};

const inMonth = (month: string) => (time: string | null) => time?.startsWith(month) ?? false;

const daysOf = (month: string): readonly string[] =>
  Array.from({ length: 31 }, (_, day) => `${month}-${String(day + 1).padStart(2, "0")}`).filter(
    (day) => new Date(`${day}T00:00:00Z`).toISOString().startsWith(day),
  );

const twelveTo = (month: string): readonly string[] => {
  let [year = 0, number = 0] = month.split("-").map(Number);
  const months: string[] = [];
  for (let left = 12; left > 0; left -= 1) {
    months.unshift(`${year}-${String(number).padStart(2, "0")}`);
    number -= 1;
    if (number === 0) [year, number] = [year - 1, 12];
  }
  return months;
};

const ofRequests = (requests: readonly Request[], month: string) => {
  const within = inMonth(month);
  const done = requests.filter(({ completed_at }) => within(completed_at));
  const took = done.map(
    ({ completed_at, received_at }) => seconds(text(completed_at)) - seconds(received_at),
  );
  const sum = took.reduce((total, each) => total + each, 0);
  return {
    requested: requests.filter(({ requested_at }) => within(requested_at)).length,
    completed: done.length,
    overdue: requests.filter(({ overdue_at }) => within(overdue_at)).length,
    average_completion_seconds: done.length === 0 ? null : sum / done.length,
    took: took.sort((a, b) => a - b),
    done,
  };
};

const BANDS = [28, 21, 14, 7, 0, -7, -14, -28];

/** How many events of a type there are in a month, or what `of` says of each, added up. */
const sumOf = (
  logs: readonly Log[],
  month: string,
  types: readonly string[],
  of: (event: StoredEvent) => number = () => 1,
): number =>
  logs
    .flatMap(({ events }) => events)
    .filter(({ type, recorded_at }) => types.includes(type) && recorded_at.startsWith(month))
    .reduce((total, event) => total + of(event), 0);

const ofBatches = (logs: readonly Log[], month: string) => ({
  batches_appended: sumOf(logs, month, ["DataAppended"]),
  batches_published: sumOf(logs, month, ["DataPublished"]),
  rows_published: sumOf(logs, month, ["DataPublished"], ({ data }) => Number(data.rows)),
  batches_quarantined: sumOf(logs, month, ["BatchQuarantined"]),
});

/** What each batch is behind the last event. */
const batchStates = (logs: readonly Log[]): Counts => {
  const counts: Counts = {};
  for (const { events } of logs) {
    const batches = Map.groupBy(
      events.filter(({ stream }) => stream.startsWith("batch/")),
      ({ stream }) => stream,
    );
    for (const [, history] of batches) {
      let state = "appended";
      let released = "appended";
      for (const { type, data } of history) {
        if (type === "AppendIngestionRequested") state = "appended";
        if (type === "QualityCheckPassed" && data.passed) state = "checked";
        if (type === "DataAnonymized") state = "anonymized";
        if (type === "DataPublished") state = "published";
        if (type === "BatchExpired") state = "expired";
        if (type === "BatchQuarantined") [state, released] = ["quarantined", state];
        if (type === "QuarantineReleased") state = released;
      }
      add(counts, state);
    }
  }
  return counts;
};

const contractStates = (logs: readonly Log[]): Counts => {
  const states = new Map<string, string>();
  for (const { lake_id, events } of logs) {
    for (const { stream, type } of events) {
      if (!stream.startsWith("contract/")) continue;
      if (type === "DataContractApproved") states.set(`${lake_id} ${stream}`, "approved");
      else if (type === "DataContractDeclined") states.set(`${lake_id} ${stream}`, "declined");
      else states.set(`${lake_id} ${stream}`, "defined");
    }
  }
  const counts: Counts = {};
  for (const state of states.values()) add(counts, state);
  return counts;
};

/** Key and count, the largest first, then by key. */
const ranked = (counts: Counts): readonly (readonly [string, number])[] =>
  Object.entries(counts).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));

const accessesOf = (
  logs: readonly Log[],
  month: string,
  keyOf: (event: StoredEvent, lake_id: string) => string | null,
): Counts => {
  const counts: Counts = {};
  for (const { lake_id, events } of logs) {
    for (const event of events) {
      if (event.type !== "AccessAudited" || !event.recorded_at.startsWith(month)) continue;
      const key = keyOf(event, lake_id);
      if (key !== null) add(counts, key);
    }
  }
  return counts;
};

const levelOf = ({ events }: Log): unknown => {
  let level: unknown = null;
  for (const { type, data } of events) {
    if (type === "DataLakeCreated") level = data.compliance_level;
    if (type === "ComplianceLevelChanged") level = data.to;
  }
  return level;
};

const countryOf = ({ events }: Log): unknown => {
  let country: unknown = null;
  for (const { type, data } of events) {
    if (type === "DataLakeCreated") country = data.country;
    if (type === "LakeLocalityChanged") country = data.country ?? country;
  }
  return country;
};

/** The whole report on `month` from these logs, in the fields that it has in JSON. */
export const recount = (everything: readonly Log[], month: string, as_of: string) => {
  const from = `${month}-01T00:00:00.000Z`;
  const until = new Date(
    Date.parse(`${daysOf(month).at(-1)}T00:00:00Z`) + 86_400_000,
  ).toISOString();
  const logs = everything.filter(({ events }) => events.length > 0);
  const covered = logs
    .filter(({ events }) => text(events[0]?.recorded_at) < until)
    .sort((a, b) => (a.lake_id < b.lake_id ? -1 : 1));
  const requests = requestsIn(logs);
  const { took, done, ...deletions } = ofRequests(requests, month);
  // Of a month that is over: as it was when it ended.
  const before = (time: string | null) => time !== null && time < until;
  const open = requests
    .filter(({ requested_at }) => before(requested_at))
    .filter((each) => !before(each.completed_at) && !before(each.rejected_at));
  const daysLeft = done.map(
    ({ completed_at, deadline, missed }) =>
      (Date.parse(missed ?? deadline) - Date.parse(text(completed_at))) / 86_400_000,
  );
  return {
    month,
    from,
    until,
    as_of,
    lake_count: covered.length,
    lakes: covered.map((log) => {
      const { data } = log.events[0] as StoredEvent;
      const own = requests.filter(({ lake_id }) => lake_id === log.lake_id);
      const { requested, completed, overdue } = ofRequests(own, month);
      return {
        lake_id: log.lake_id,
        name: data.name,
        region: data.region,
        country: countryOf(log),
        compliance_level: levelOf(log),
        events: log.events.length,
        last_recorded_at: log.events.at(-1)?.recorded_at,
        requested,
        completed,
        overdue,
        accesses: sumOf([log], month, ["AccessAudited"]),
        ...ofBatches([log], month),
      };
    }),
    deletions: {
      ...deletions,
      extended: sumOf(logs, month, ["GDPRDeletionExtended"]),
      rejected: sumOf(logs, month, ["GDPRDeletionRejected"]),
      p95_completion_seconds: took[Math.ceil(took.length * 0.95) - 1] ?? null,
      completed_in_time: done.filter(
        ({ missed, completed_at, deadline }) => missed === null && text(completed_at) <= deadline,
      ).length,
      open: open.length,
      open_overdue: open.filter(
        ({ overdue_at, deadline }) => before(overdue_at) || (deadline <= as_of && before(deadline)),
      ).length,
    },
    deletions_by_day: daysOf(month).map((day) => {
      const { requested, completed, overdue } = ofRequests(requests, day);
      return { day, requested, completed, overdue };
    }),
    by_month: twelveTo(month).map((each) => {
      const { took: _, done: __, ...counts } = ofRequests(requests, each);
      return { month: each, ...counts, ...ofBatches(logs, each) };
    }),
    completions: [...BANDS, null].map((edge, at) => ({
      days_left_from: edge,
      days_left_until: BANDS[at - 1] ?? null,
      count: daysLeft.filter(
        (days) =>
          days >= (edge ?? Number.NEGATIVE_INFINITY) &&
          days < (BANDS[at - 1] ?? Number.POSITIVE_INFINITY),
      ).length,
    })),
    subject_accesses: {
      requested: sumOf(logs, month, ["SubjectAccessRequested"]),
      ready: sumOf(logs, month, ["SubjectAccessCompleted"]),
      overdue: sumOf(logs, month, ["SubjectAccessOverdue"]),
      extended: sumOf(logs, month, ["SubjectAccessExtended"]),
      rejected: sumOf(logs, month, ["SubjectAccessRejected"]),
    },
    accesses: sumOf(logs, month, ["AccessAudited"]),
    access_by_action: ["read", "write", "delete", "query"].flatMap((action) => {
      const count = sumOf(logs, month, ["AccessAudited"], ({ data }) =>
        Number(data.action === action),
      );
      return count === 0 ? [] : [{ action, count }];
    }),
    access_by_dataset: ranked(
      accessesOf(logs, month, ({ data }, lake_id) =>
        data.dataset_id === null ? null : `${lake_id}/${data.dataset_id}`,
      ),
    ).map(([key, count]) => {
      const [lake_id, dataset_id] = key.split("/");
      return { lake_id, dataset_id, count };
    }),
    access_by_user: ranked(accessesOf(logs, month, ({ data }) => text(data.accessor_id))).map(
      ([accessor_id, count]) => ({ accessor_id, count }),
    ),
    access_by_purpose: ranked(accessesOf(logs, month, ({ data }) => text(data.purpose ?? ""))).map(
      ([purpose, count]) => ({ purpose: purpose === "" ? null : purpose, count }),
    ),
    batches_by_state: ranked(batchStates(logs)).map(([status, count]) => ({ status, count })),
    contracts_by_status: ranked(contractStates(logs)).map(([status, count]) => ({ status, count })),
  };
};
