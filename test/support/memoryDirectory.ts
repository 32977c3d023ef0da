/** The directory of the log in memory: one row an aggregate, in the order of their creation. */

import type { Directory, DirectoryEntry, DirectoryFilter } from "../../src/application/ports.ts";
import { OPEN_STATUSES } from "../../src/domain/deletion/deletion.ts";

export type Rows = ReadonlyMap<string, DirectoryEntry>;

interface Cell<Value> {
  get(): Value;
  set(value: Value): void;
}

export const memoryDirectory = (rows: Cell<Rows>): Omit<Directory, "asOf"> => {
  const ofKind = (kind: string) =>
    [...rows.get().values()]
      .filter((entry) => entry.kind === kind)
      .sort((a, b) => a.created_seq - b.created_seq);
  return {
    put(entry, seq) {
      const key = `${entry.kind}/${entry.id}`;
      const created_seq = rows.get().get(key)?.created_seq ?? seq;
      rows.set(new Map(rows.get()).set(key, { ...entry, created_seq }));
    },
    list: (filter) =>
      ofKind(filter.kind)
        .filter((entry) => listed(entry, filter))
        .slice(0, filter.limit),
    counts(kind) {
      const counts: Record<string, number> = {};
      for (const { status } of ofKind(kind)) counts[status] = (counts[status] ?? 0) + 1;
      return counts;
    },
    flagged: (kind) => ofKind(kind).filter(({ flagged }) => flagged).length,
    overdue: (now) => ofKind("deletion").filter((entry) => isOverdue(entry, now)).length,
    exists: (kind, id) => rows.get().has(`${kind}/${id}`),
  };
};

const isOverdue = ({ status, flagged, due_at }: DirectoryEntry, now: string): boolean =>
  OPEN_STATUSES.some((open) => open === status) && (flagged || (due_at !== null && due_at < now));

const listed = (entry: DirectoryEntry, filter: DirectoryFilter): boolean => {
  const { dataset, status, overdue, subject_ref, after = 0 } = filter;
  return (
    entry.created_seq > after &&
    (dataset === undefined || entry.dataset === dataset) &&
    (status === undefined || entry.status === status) &&
    (overdue === undefined || isOverdue(entry, overdue.now) === overdue.is) &&
    (subject_ref === undefined || entry.subject_ref === subject_ref)
  );
};
