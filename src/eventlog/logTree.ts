/** The log as the tree it is proven with. */
import type { LogTree } from "../application/logProofs.ts";
import { eventStore, leavesBetween } from "./eventStore.ts";
import { tree } from "./tree.ts";

export const logTree = (sql: SqlStorage): LogTree => {
  const events = eventStore(sql);
  const { root, inclusion, consistency } = tree(sql, events);
  return {
    size: () => events.last().seq,
    root,
    inclusion,
    consistency,
    leaves: (from, to) => leavesBetween(sql, from, to),
  };
};
