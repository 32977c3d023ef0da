/** Why a deadline lies where it does, in sentences that a privacy officer can hand on. */
import {
  type Calendar,
  type Day,
  deadlinesOf,
  EXTENSION_MONTHS,
  INTERNAL_DEADLINE_DAYS,
  type Period,
  periodFrom,
  STATUTORY_MONTHS,
  weekdayOf,
} from "./deadlines.ts";

const MONTHS = [
  ..."January February March April May June July August September October".split(" "),
  ..."November December".split(" "),
];

const spoken = (day: Day): string => {
  const [year, month, date] = day.split("-").map(Number);
  return `${weekdayOf(day)} ${date} ${MONTHS[(month ?? 1) - 1]} ${year}`;
};

const ending = ({ from, nominal, clipped, days_off, last }: Period): string => {
  const none = clipped ? ` (there is no day ${Number(from.slice(8))} in that month)` : "";
  if (days_off.length === 0) return `ends with the last hour of ${spoken(last)}${none}`;
  const off = days_off.map(({ day, why }, n) => `${n === 0 ? "which" : spoken(day)} is ${why}`);
  return (
    `would end on ${spoken(nominal)}${none}, ${off.join("; ")}; ` +
    `so it ends with the last hour of the next working day, ${spoken(last)} (Art. 3(4))`
  );
};

const rules = ({ country, time_zone, holidays_known }: Calendar): string => {
  const days = holidays_known
    ? `the national public holidays of ${country}`
    : `no public holidays${country === null ? ", as no country is named" : ""}`;
  return `Days are those of ${time_zone}; Saturdays, Sundays and ${days} are no working days.`;
};

/** `receivedAt` is the moment the request reached the controller. */
export const explainDeadlines = (receivedAt: Date, calendar: Calendar): string => {
  const first = periodFrom(receivedAt, STATUTORY_MONTHS, calendar);
  const extended = periodFrom(receivedAt, STATUTORY_MONTHS + EXTENSION_MONTHS, calendar);
  const { deadline, statutory_deadline } = deadlinesOf(receivedAt, calendar);
  const own =
    deadline < statutory_deadline
      ? `Lethe works to ${INTERNAL_DEADLINE_DAYS} days after receipt, which is earlier.`
      : `Lethe works to that, as it is no later than ${INTERNAL_DEADLINE_DAYS} days after receipt.`;
  return [
    `Received on ${spoken(first.from)}. ${rules(calendar)}`,
    `The month of Art. 12(3) GDPR (Reg. 1182/71 Art. 3) ${ending(first)}. ${own}`,
    "Extended by two further months, with the person told why within the first, the period " +
      `${ending(extended)}.`,
  ].join(" ");
};
