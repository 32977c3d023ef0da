/**
 * The reports as a plain count of the logs has them: every event of every lake is gone through, and
 * nothing is shared with the code that is tested.
 */
import type { StoredEvent } from "../../src/application/ports.ts";
import { type Entity, fold } from "./plainFold.ts";
import { later } from "./randomLakes.ts";

export type Item = Readonly<Record<string, unknown>>;

const text = (value: unknown): string => String(value ?? "");

const encoder = new TextEncoder();
const byBytes = (a: string, b: string): number => {
  const [x, y] = [encoder.encode(a), encoder.encode(b)];
  const at = x.findIndex((byte, index) => byte !== y[index]);
  return at < 0 ? x.length - y.length : (x[at] ?? 0) - (y[at] ?? -1);
};

const sorted = (items: readonly Item[], key: readonly string[]): readonly Item[] =>
  [...items].sort((a, b) => {
    for (const column of key) {
      const order = byBytes(text(a[column]), text(b[column]));
      if (order !== 0) return order;
    }
    return 0;
  });

const countBy = (items: readonly Item[]): readonly Item[] => {
  const counts = new Map<string, number>();
  for (const item of items) {
    const key = JSON.stringify(item);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].map(([key, count]) => ({ ...JSON.parse(key), count }));
};

const statusOf = ({ quarantined, stage, checked }: Entity): string =>
  quarantined ? "quarantined" : stage === "appended" && checked ? "checked" : text(stage);

const held = (batches: readonly Entity[]): Item => {
  const sum = (of: readonly Entity[], column: string) =>
    of.reduce((total, batch) => total + Number(batch[column] ?? 0), 0);
  const there = batches.filter((batch) => statusOf(batch) !== "expired");
  const states: Record<string, number> = {};
  for (const batch of batches) states[statusOf(batch)] = (states[statusOf(batch)] ?? 0) + 1;
  const [rows, left_out] = [sum(there, "rows"), sum(there, "left_out")];
  return {
    batches: states,
    rows_appended: rows,
    rows_published: sum(
      batches.filter((each) => statusOf(each) === "published"),
      "published",
    ),
    rows_quarantined: left_out,
    quarantine_rate: there.length === 0 ? null : (states.quarantined ?? 0) / there.length,
    row_quarantine_rate: rows === 0 ? null : left_out / rows,
  };
};

/** The smallest of the numbers that is not smaller than 95 of a hundred of them. */
const p95 = (numbers: readonly number[]): number | null =>
  [...numbers]
    .sort((a, b) => a - b)
    .find((_, index) => (index + 1) / numbers.length >= 0.95 - 1e-12) ?? null;

const DAY_MS = 86_400_000;
const monthOf = (time: unknown): string => text(time).slice(0, 7);
const dayOf = (time: unknown): string => text(time).slice(0, 10);
const secondsOf = ({ completed_at, received_at }: Entity): number =>
  Math.floor(Date.parse(text(completed_at)) / 1000) -
  Math.floor(Date.parse(text(received_at)) / 1000);

export interface Asked {
  /** What is due before, or happened before. */
  readonly now: string;
  readonly from: string;
  readonly to: string;
}

const overdueAt = ({ missed, requested_at }: Entity): string =>
  text(missed) > text(requested_at) ? text(missed) : text(requested_at);

/** Every report of these lakes, in order. */
export const recount = (logs: ReadonlyMap<string, readonly StoredEvent[]>, asked: Asked) => {
  const { now, from, to } = asked;
  const lakes = [...logs].map(([lake_id, events]) => ({ lake_id, ...fold(events) }));
  const each = (
    kind: "deletions" | "accesses" | "datasets" | "contracts" | "batches",
    as: string,
  ) =>
    lakes.flatMap((lake) =>
      [...lake[kind]].map(
        ([id, entity]): Entity => ({ lake_id: lake.lake_id, [as]: id, ...entity }),
      ),
    );
  const within = (time: unknown) => text(time) >= from && text(time) < to;
  const deletions = each("deletions", "deletion_id");
  const open = ({ status }: Entity) => status !== "completed" && status !== "rejected";
  const due = (entity: Entity): Item => {
    const { missed, completed_at: _, rejected_at: __, ...item } = entity;
    return { ...item, overdue: missed !== null || text(item.deadline) <= now };
  };
  const accesses = lakes.flatMap(({ lake_id, audited }) =>
    audited.map(({ at, data }): Item => ({ lake_id, at, ...data })),
  );
  const daily = countBy(
    accesses.map(({ lake_id, at, dataset_id, accessor_id, action }) => ({
      ...{ day: dayOf(at), lake_id, dataset_id, accessor_id, action },
    })),
  );
  const last = dayOf(new Date(Date.parse(to) - 1).toISOString());
  const inDays = ({ day }: Item) => text(day) >= dayOf(from) && text(day) <= last;
  const figures = (month: string, of: readonly Entity[], extensions: readonly string[]) => {
    const done = of.filter(({ completed_at }) => monthOf(completed_at) === month);
    const seconds = done.map(secondsOf);
    const asked_for = of.filter(({ requested_at }) => monthOf(requested_at) === month);
    return {
      month,
      requested: asked_for.length,
      completed: done.length,
      overdue: of.filter((one) => one.missed !== null && monthOf(overdueAt(one)) === month).length,
      rejected: of.filter(({ rejected_at }) => monthOf(rejected_at) === month).length,
      extended: extensions.filter((at) => monthOf(at) === month).length,
      open: asked_for.filter(open).length,
      average_completion_seconds:
        seconds.length === 0 ? null : seconds.reduce((a, b) => a + b, 0) / seconds.length,
      p95_completion_seconds: p95(seconds),
    };
  };
  const months = ["2026-08", "2026-09", "2026-10", "2026-11", "2026-12"].filter(
    (month) => month >= monthOf(from) && month <= monthOf(to),
  );
  const firsts = new Map<string, Entity>();
  for (const { lake_id, at, dataset_id, accessor_id } of accesses) {
    if (dataset_id === null) continue;
    const key = JSON.stringify([lake_id, dataset_id, accessor_id]);
    const known = firsts.get(key) ?? {
      lake_id,
      dataset_id,
      accessor_id,
      first_at: at,
      accesses: 0,
    };
    firsts.set(key, { ...known, last_at: at, accesses: Number(known.accesses) + 1 });
  }
  const usual = (item: Item): readonly number[] =>
    Array.from({ length: 28 }, (_, index) => {
      const day = dayOf(new Date(Date.parse(text(item.day)) - (index + 1) * DAY_MS).toISOString());
      const { count: __, ...key }: Item = { ...item, day };
      return Number(
        daily.find(({ count: ___, ...other }) => JSON.stringify(other) === JSON.stringify(key))
          ?.count ?? 0,
      );
    });
  const unusual = (item: Item): boolean => {
    const before = usual(item);
    const mean = before.reduce((a, b) => a + b, 0) / 28;
    const variance = before.reduce((a, b) => a + (b - mean) ** 2, 0) / 28;
    return Number(item.count) >= 20 && Number(item.count) > mean + 3 * Math.sqrt(variance);
  };
  const batches = each("batches", "batch_id");
  const contracts = each("contracts", "contract_id");
  const daysOf = ({ lake_id, contract_id }: Entity) =>
    contracts.find((one) => one.lake_id === lake_id && one.contract_id === contract_id)
      ?.retention_days;
  return {
    watched: lakes
      .filter(({ roles }) =>
        roles.some((role) => ["owner", "auditor", "privacy_officer"].includes(role)),
      )
      .map(({ lake_id }) => lake_id),
    deletions: sorted(deletions.filter((one) => open(one) && text(one.deadline) < to).map(due), [
      "deadline",
      "lake_id",
      "deletion_id",
    ]),
    overdueDeletions: sorted(
      deletions
        .filter((one) => one.missed !== null && within(overdueAt(one)))
        .map((one) => ({ ...one, overdue_at: overdueAt(one) })),
      ["overdue_at", "lake_id", "deletion_id"],
    ),
    completedDeletions: sorted(
      deletions
        .filter(({ completed_at }) => completed_at !== null && within(completed_at))
        .map((one) => ({
          ...{ ...one, completion_seconds: secondsOf(one), in_time: one.missed === null },
        })),
      ["completed_at", "lake_id", "deletion_id"],
    ),
    subjectAccesses: sorted(
      each("accesses", "subject_access_id")
        .filter((one) => one.status === "collecting" && text(one.deadline) < to)
        .map(({ ready, ...one }) => due(ready === true ? { ...one, status: "ready" } : one)),
      ["deadline", "lake_id", "subject_access_id"],
    ),
    deletionSummary: sorted(
      months.flatMap((month) =>
        lakes
          .map(({ lake_id, extensions }) => {
            const own = deletions.filter((one) => one.lake_id === lake_id);
            return { lake_id, ...figures(month, own, extensions) };
          })
          .filter(
            ({ requested, completed, overdue, rejected, extended }) =>
              requested + completed + overdue + rejected + extended > 0,
          ),
      ),
      ["month", "lake_id"],
    ),
    deletionMonths: months.map((month) =>
      figures(
        month,
        deletions,
        lakes.flatMap(({ extensions }) => extensions),
      ),
    ),
    access: sorted(daily.filter(inDays), ["day", "lake_id", "dataset_id", "accessor_id", "action"]),
    accessPurposes: sorted(
      countBy(
        accesses.map(({ lake_id, at, dataset_id, accessor_id, purpose }) => ({
          ...{ day: dayOf(at), lake_id, dataset_id, accessor_id, purpose },
        })),
      ).filter(inDays),
      ["day", "lake_id", "dataset_id", "accessor_id", "purpose"],
    ),
    firstAccesses: sorted(
      [...firsts.values()].filter(({ first_at }) => within(first_at)),
      ["first_at", "lake_id", "dataset_id", "accessor_id"],
    ),
    accessVolume: sorted(
      daily.filter((item) => inDays(item) && unusual(item)),
      ["day", "lake_id", "dataset_id", "accessor_id", "action"],
    ),
    data: sorted(
      lakes.map((lake) => ({
        lake_id: lake.lake_id,
        datasets: lake.datasets.size,
        pii_datasets: [...lake.datasets.values()].filter((one) => one.contains_pii === true).length,
        contracts: lake.contracts.size,
        unapproved_contracts: [...lake.contracts.values()].filter(
          ({ status }) => status === "defined",
        ).length,
        ...held([...lake.batches.values()]),
      })),
      ["lake_id"],
    ),
    datasets: sorted(
      each("datasets", "dataset_id").map(({ lake_id, dataset_id, contains_pii }) => ({
        ...{ lake_id, dataset_id, contains_pii },
        ...held(batches.filter((one) => one.lake_id === lake_id && one.dataset === dataset_id)),
      })),
      ["lake_id", "dataset_id"],
    ),
    unapprovedContracts: sorted(
      contracts.filter(({ status }) => status === "defined"),
      ["updated_at", "lake_id", "contract_id"],
    ),
    retention: sorted(
      batches
        .filter((one) => one.stage !== "expired" && one.appended_at !== null && daysOf(one))
        .map((one) => ({
          ...{ lake_id: one.lake_id, batch_id: one.batch_id, status: statusOf(one) },
          retention_due_at: later(text(one.appended_at), Number(daysOf(one))),
          retention_suspended_at: one.suspended,
        }))
        .filter(({ retention_due_at }) => retention_due_at < to),
      ["retention_due_at", "lake_id", "batch_id"],
    ),
  };
};
