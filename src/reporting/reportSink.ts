/** The end of a lake's outbox: its reports, in the database where they lie. */
import type { EventSink } from "../application/ports.ts";
import { d1Sink } from "./d1Sink.ts";

export { REPORT_VERSION } from "./forget.ts";

/** `database` is asked for with each delivery: that it is not bound, only a delivery finds out. */
export const reportSink = (database: () => D1Database): EventSink => ({
  deliver: async (...delivery) => d1Sink(database()).deliver(...delivery),
  restart: async (...lake) => d1Sink(database()).restart(...lake),
});
