/** First answers by idempotency key: the same command twice has one effect and one answer. */
import type { AnswerStore } from "../application/ports.ts";

/** How long an answer is given again. */
export const ANSWERS_KEPT_DAYS = 30;

/** Answers past their time that one new answer takes along. */
const PRUNED_PER_ANSWER = 4;

const DAY_MS = 86_400_000;

export const answers = (sql: SqlStorage): AnswerStore => ({
  find(key) {
    const [row] = sql
      .exec<{ fingerprint: string; answer: string }>(
        "SELECT fingerprint, answer FROM answers WHERE key = ?",
        key,
      )
      .toArray();
    return row ?? null;
  },

  put(key, { fingerprint, answer }, now) {
    sql.exec(
      "INSERT INTO answers (key, fingerprint, answer, recorded_at) VALUES (?, ?, ?, ?)",
      key,
      fingerprint,
      answer,
      now,
    );
    const horizon = new Date(Date.parse(now) - ANSWERS_KEPT_DAYS * DAY_MS).toISOString();
    sql.exec(
      `DELETE FROM answers WHERE key IN
         (SELECT key FROM answers WHERE recorded_at < ? ORDER BY recorded_at
          LIMIT ${PRUNED_PER_ANSWER})`,
      horizon,
    );
  },
});
