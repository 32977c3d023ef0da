/**
 * When a request's deadline is announced: so many days before it, each once, and never a day that
 * is over already. Pure arithmetic on moments; one duty at a time carries it out.
 */

/** Days before the deadline, the earliest first. */
export const REMINDER_DAYS = [7, 3, 1] as const;

const DAY_MS = 86_400_000;

/** Days still to go, the one that has begun counted whole; 0 or less once it has passed. */
export const daysLeft = (deadline: string, now: string): number =>
  Math.ceil((Date.parse(deadline) - Date.parse(now)) / DAY_MS);

/**
 * When the next reminder is due (RFC 3339, UTC), or null when none is left. `reminded` is how many
 * days were left at the last one before this deadline, null when there was none yet. A reminder
 * whose moment has passed is left out.
 */
export const nextReminder = (
  deadline: string,
  now: string,
  reminded: number | null,
): string | null => {
  const moments = REMINDER_DAYS.filter((days) => reminded === null || days < reminded).map((days) =>
    new Date(Date.parse(deadline) - days * DAY_MS).toISOString(),
  );
  return moments.find((moment) => moment > now) ?? null;
};

/** Whether a reminder is due now: after an outage one stands for all that were missed. */
export const isReminderDue = (deadline: string, now: string, reminded: number | null): boolean => {
  const left = daysLeft(deadline, now);
  if (left <= 0) return false;
  return REMINDER_DAYS.some((days) => left <= days && (reminded === null || days < reminded));
};
