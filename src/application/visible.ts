/**
 * What of a lake's lists a caller sees who may ask for them: of the batches those that are published
 * when he may see no others, and as much of each as seenBatch.ts says, of the tokens his own when he
 * does not answer for the lake's.
 */
import { ok, type Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import { type Admitted, seesAllTokens, seesPublishedOnly } from "./admission.ts";
import { notThere, type Question, type Reply } from "./questions.ts";
import type { Reader } from "./reader.ts";
import { seenBatch } from "./seenBatch.ts";

type Answered = Result<Reply, Rejection>;

const NOTHING: Answered = ok({ kind: "list", items: [], next: null });

/** `answer` answers a question as anybody would be answered who sees everything. */
export const visibleTo = <Asked extends Question>(
  caller: Admitted,
  question: Asked,
  answer: (question: Asked) => Answered,
  read: Reader,
): Answered => seen(caller, question, listed(caller, question, answer), read);

/** Batches as this caller sees them, however they were asked for. */
const seen = (caller: Admitted, question: Question, answered: Answered, read: Reader): Answered => {
  if (!answered.ok) return answered;
  const { value: reply } = answered;
  const of = question.kind === "one" ? question.aggregate : null;
  if (reply.kind === "one" && of === "batch") {
    const view = seenBatch(caller, reply.view, read);
    return ok({ ...reply, view, aside: reply.aside === true || view !== reply.view });
  }
  if (reply.kind === "list" && question.kind === "list" && question.filter.kind === "batch")
    return ok({ ...reply, items: reply.items.map((item) => seenBatch(caller, item, read)) });
  return answered;
};

const listed = <Asked extends Question>(
  caller: Admitted,
  question: Asked,
  answer: (question: Asked) => Answered,
): Answered => {
  if (question.kind === "list" && question.filter.kind === "token" && !seesAllTokens(caller)) {
    const subject_ref = caller.person ?? "";
    return answer({ ...question, filter: { ...question.filter, subject_ref } });
  }
  return seesPublishedOnly(caller) ? published(question, answer) : answer(question);
};

const published = <Asked extends Question>(
  question: Asked,
  answer: (question: Asked) => Answered,
): Answered => {
  if (question.kind === "list") {
    const { status = "published" } = question.filter;
    if (status !== "published") return NOTHING;
    return answer({ ...question, filter: { ...question.filter, status } });
  }
  const answered = answer(question);
  if (question.kind !== "one" || !answered.ok) return answered;
  // What is not published any more is not his to see as it was then either.
  const now = question.when === null ? answered : answer({ ...question, when: null });
  return isPublished(answered) && isPublished(now)
    ? answered
    : notThere(question.aggregate, question.when);
};

const isPublished = (answered: Answered): boolean =>
  answered.ok && answered.value.kind === "one" && answered.value.view.state === "published";
