/**
 * When a data subject's request must have been answered. GDPR Art. 12(3): without undue delay and
 * within one month of receipt, extendable by two further months. Regulation (EEC, Euratom)
 * 1182/71 Art. 3(2)(c): a period of months ends with the last hour of the same date of the last
 * month, or of that month's last day when it has no such date. Times are UTC.
 */

const DAY_MS = 86_400_000;

/** Lethe's own, stricter limit. */
export const INTERNAL_DEADLINE_DAYS = 30;

/** Months a controller has, and the further ones an extension adds (Art. 12(3)). */
export const STATUTORY_MONTHS = 1;
export const EXTENSION_MONTHS = 2;

/** The last millisecond of the day on which a period of `months` from `receivedAt` ends. */
export const statutoryDeadline = (receivedAt: Date, months: number = STATUTORY_MONTHS): Date => {
  const year = receivedAt.getUTCFullYear();
  const month = receivedAt.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(receivedAt.getUTCDate(), lastDay);
  return new Date(Date.UTC(year, month, day + 1) - 1);
};

export interface Deadlines {
  /** The earlier of receipt + 30 days and the statutory end (RFC 3339, UTC). */
  readonly deadline: string;
  /** The end of the statutory period (RFC 3339, UTC). */
  readonly statutory_deadline: string;
}

/** `receivedAt` is the moment the request reached the controller. */
export const deadlinesOf = (receivedAt: Date): Deadlines => {
  const statutory = statutoryDeadline(receivedAt);
  const internal = new Date(receivedAt.getTime() + INTERNAL_DEADLINE_DAYS * DAY_MS);
  return {
    deadline: (internal < statutory ? internal : statutory).toISOString(),
    statutory_deadline: statutory.toISOString(),
  };
};
