/** The record of processing activities as one value: what JSON, CSV and the printed page are made of. */
import type { Controllers } from "./controllers.ts";
import type { Page } from "./page.ts";
import { type Entry, entriesOf } from "./print/recordEntries.ts";
import type { ProcessingActivity } from "./processingRecords.ts";

export interface RecordedActivity extends ProcessingActivity {
  /** One for each letter of GDPR Art. 30(1), in order. */
  readonly art_30_1: readonly Entry[];
}

export interface ProcessingRecord extends Page<RecordedActivity> {
  /** RFC 3339, UTC. */
  readonly as_of: string;
  /** As in the monthly report. */
  readonly rebuilding?: { readonly lakes: number };
}

export const processingRecordOf = (
  { items, next_cursor }: Page<ProcessingActivity>,
  as_of: string,
  controllers: Controllers,
): ProcessingRecord => ({
  as_of,
  items: items.map((activity) => ({ ...activity, art_30_1: entriesOf(activity, controllers) })),
  next_cursor,
});
