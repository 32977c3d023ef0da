/** Lists in events: a row of the database has room for so much, so each list has its part of that. */
import {
  LISTED_BYTES,
  MAX_LISTED_OBJECTS,
  MAX_LISTED_RECIPIENTS,
  MAX_RECIPIENT_BATCHES,
  type Recipient,
} from "../domain/deletion/facts.ts";

/** The beginning of a list, and how many of it are left out. */
export interface Listed<Item> {
  readonly listed: readonly Item[];
  readonly omitted: number;
}

/** With the comma behind it. */
const bytesOf = (item: unknown): number => Buffer.byteLength(JSON.stringify(item)) + 1;

/** As much of the list's beginning as takes no more than `bytes` as JSON, and `count` items. */
export const fitting = <Item>(
  items: readonly Item[],
  bytes: number,
  count = Number.POSITIVE_INFINITY,
): Listed<Item> => {
  let [listed, taken] = [0, 0];
  for (const item of items) {
    taken += bytesOf(item);
    if (taken > bytes || listed === count) break;
    listed += 1;
  }
  return { listed: items.slice(0, listed), omitted: items.length - listed };
};

/** Of a list in an erasure's facts. */
export const fittingIn = <Item>(list: keyof typeof LISTED_BYTES, items: readonly Item[]) =>
  fitting(items, LISTED_BYTES[list], list === "objects" ? MAX_LISTED_OBJECTS : undefined);

const withBatches = (recipient: Recipient, most: number): Recipient => ({
  ...recipient,
  batches: recipient.batches.slice(0, most),
  batches_omitted: recipient.batches_omitted + Math.max(0, recipient.batches.length - most),
});

/**
 * Whom to tell comes before what they were given: rather than leave out a recipient, fewer batches are
 * named with each.
 */
export const listedRecipients = (recipients: readonly Recipient[]): Listed<Recipient> => {
  const first = recipients.slice(0, MAX_LISTED_RECIPIENTS);
  for (let most = MAX_RECIPIENT_BATCHES; ; most = Math.floor(most / 2)) {
    const all = first.map((recipient) => withBatches(recipient, most));
    const { listed } = fitting(all, LISTED_BYTES.recipients);
    if (most > 0 && listed.length < all.length) continue;
    return { listed, omitted: recipients.length - listed.length };
  }
};
