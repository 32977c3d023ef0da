/**
 * Reports on who accessed what: by day, by purpose, and what was unusual. Unusual is who had never
 * accessed a dataset before, and who accessed it much more often than he does. Days are UTC.
 */
import { dayOf } from "../application/months.ts";
import { EVER } from "../application/timers.ts";
import type { AccessAction } from "../domain/access/access.ts";
import { encodeCursor } from "./cursor.ts";
import { type Key, type Page, type PageRequest, pageOf, pageSize } from "./page.ts";
import { type SpanRequest, startFrom } from "./requestReports.ts";
import {
  inScope,
  type ListSpec,
  listValues,
  type Scope,
  scoped,
  scopedList,
  scopedSql,
} from "./scope.ts";
import { select } from "./statement.ts";
import { isUnusual, UNUSUAL_COUNT, USUAL_DAYS, type Usual, usualOf } from "./unusual.ts";

export interface AccessRequest extends PageRequest, Scope {
  /** First and last day, inclusive: YYYY-MM-DD in UTC, or a time within that day. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

interface Accessed {
  readonly lake_id: string;
  /** Null when the access was to no dataset. */
  readonly dataset_id: string | null;
  readonly accessor_id: string;
}

export interface AccessItem extends Accessed {
  /** YYYY-MM-DD, UTC. */
  readonly day: string;
  readonly action: AccessAction;
  readonly count: number;
}

export interface PurposeItem extends Accessed {
  readonly day: string;
  /** Null when none was given; a long one is cut, and those that begin alike are one. */
  readonly purpose: string | null;
  readonly count: number;
}

export interface FirstAccessItem extends Accessed {
  readonly dataset_id: string;
  readonly first_at: string;
  readonly last_at: string;
  /** Of the dataset by this accessor, since. */
  readonly accesses: number;
}

export interface VolumeItem extends AccessItem {
  /** Mean and standard deviation of the `USUAL_DAYS` days before, days without access among them. */
  readonly usual_mean: number;
  readonly usual_deviation: number;
  readonly threshold: number;
}

const BY_ACTION = ["day", "lake_id", "dataset_id", "accessor_id", "action"] as const;
const BY_PURPOSE = ["day", "lake_id", "dataset_id", "accessor_id", "purpose"] as const;
const BY_FIRST = ["first_at", "lake_id", "dataset_id", "accessor_id"] as const;

const OF_DATASET = (table: string) => `nullif(${table}.dataset_id, '') AS dataset_id`;

/** Days that one page of unusual volume looks at; what is usual is found for each. */
export const MAX_CANDIDATES = 1_000;

const BUSY: ListSpec = {
  table: "access_daily",
  columns: ["day", "lake_id", "dataset_id", "accessor_id", "action", "count"],
  where: `access_daily.count >= ${UNUSUAL_COUNT} AND access_daily.day <= :to`,
  key: BY_ACTION,
  limit: String(MAX_CANDIDATES),
};

/** Each candidate with the sum, and the sum of squares, of its counts in the days before. */
const withHistory = (candidates: string): string => {
  const history = (of: string) => `
      (SELECT coalesce(sum(${of}), 0) FROM access_daily
        WHERE access_daily.lake_id = busy.lake_id AND access_daily.dataset_id = busy.dataset_id
          AND access_daily.accessor_id = busy.accessor_id AND access_daily.action = busy.action
          AND access_daily.day >= date(busy.day, '-${USUAL_DAYS} days')
          AND access_daily.day < busy.day)`;
  return `
    SELECT busy.*, ${history("count")} AS sum, ${history("count * count")} AS sum_of_squares
    FROM (${candidates}) AS busy ORDER BY ${BY_ACTION.join(", ")}`;
};

const busy = scopedSql(BUSY);

const SQL = {
  daily: scopedList("access.daily", {
    table: "access_daily",
    columns: ["day", "lake_id", OF_DATASET("access_daily"), "accessor_id", "action", "count"],
    where: "access_daily.day <= :to",
    key: BY_ACTION,
  }),
  purposes: scopedList("access.purposes", {
    table: "access_purposes",
    columns: [
      ...["day", "lake_id", OF_DATASET("access_purposes"), "accessor_id"],
      ...["nullif(access_purposes.purpose, '') AS purpose", "count"],
    ],
    where: "access_purposes.day <= :to",
    key: BY_PURPOSE,
  }),
  first: scopedList("access.first", {
    table: "accessors",
    columns: ["lake_id", "dataset_id", "accessor_id", "first_at", "last_at", "accesses"],
    where: "accessors.dataset_id <> '' AND accessors.first_at < :to",
    key: BY_FIRST,
  }),
  volume: scoped("access.volume", {
    all: withHistory(busy.all),
    lake: withHistory(busy.lake),
    member: withHistory(busy.member),
  }),
};

export const accessKey = (item: AccessItem): Key => [
  item.day,
  item.lake_id,
  item.dataset_id ?? "",
  item.accessor_id,
  item.action,
];
export const purposeKey = (item: PurposeItem): Key => [
  item.day,
  item.lake_id,
  item.dataset_id ?? "",
  item.accessor_id,
  item.purpose ?? "",
];
export const firstAccessKey = (item: FirstAccessItem): Key => [
  item.first_at,
  item.lake_id,
  item.dataset_id,
  item.accessor_id,
];

export const accessReports = (db: D1Database) => {
  const byDay = (
    asked: AccessRequest,
    key: readonly string[],
  ): { readonly [value: string]: string | number | null } => ({
    ...listValues(key, startFrom(asked.cursor, key.length, dayOf(asked.from ?? "")), asked, asked),
    to: dayOf(asked.to ?? EVER),
  });
  return {
    /** Accesses counted by day, lake, dataset, accessor and action, in this order. */
    async access(asked: AccessRequest): Promise<Page<AccessItem>> {
      const values = byDay(asked, BY_ACTION);
      const rows = await select<AccessItem>(db, inScope(SQL.daily, asked), values);
      return pageOf(rows, asked.limit, accessKey);
    },

    /** The same by purpose instead of action. */
    async accessPurposes(asked: AccessRequest): Promise<Page<PurposeItem>> {
      const values = byDay(asked, BY_PURPOSE);
      const rows = await select<PurposeItem>(db, inScope(SQL.purposes, asked), values);
      return pageOf(rows, asked.limit, purposeKey);
    },

    /** Who accessed a dataset for the first time ever, by when that was. */
    async firstAccesses(asked: SpanRequest): Promise<Page<FirstAccessItem>> {
      const rows = await select<FirstAccessItem>(db, inScope(SQL.first, asked), {
        ...listValues(BY_FIRST, startFrom(asked.cursor, BY_FIRST.length, asked.from), asked, asked),
        to: asked.to ?? EVER,
      });
      return pageOf(rows, asked.limit, firstAccessKey);
    },

    /**
     * Days on which somebody did something with a dataset much more often than he does
     * (`isUnusual`). A page looks at `MAX_CANDIDATES` days, so it may have few rows, or none, and
     * still name a next one.
     */
    async accessVolume(asked: AccessRequest): Promise<Page<VolumeItem>> {
      const rows = await select<AccessItem & Usual>(
        db,
        inScope(SQL.volume, asked),
        byDay(asked, BY_ACTION),
      );
      const found = rows.filter((row) => isUnusual(row.count, row));
      const items = found.slice(0, pageSize(asked.limit)).map(withUsual);
      const end = found.length > items.length ? items.at(-1) : rows.at(MAX_CANDIDATES - 1);
      return { items, next_cursor: end === undefined ? null : encodeCursor(accessKey(end)) };
    },
  };
};

const withUsual = ({ sum, sum_of_squares, ...item }: AccessItem & Usual): VolumeItem => ({
  ...item,
  dataset_id: item.dataset_id || null,
  ...usualOf({ sum, sum_of_squares }),
});
