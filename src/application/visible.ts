/**
 * What of a lake's lists a caller sees who may ask for them: of the batches those that are published
 * when he may see no others, and nothing then of the files they were made from; of the tokens his own
 * when he does not answer for the lake's.
 */
import { ok, type Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import { accessOf } from "./accessTable.ts";
import { type Admitted, seesAllTokens, seesPublishedOnly } from "./admission.ts";
import type { Answer } from "./answers.ts";
import { notThere, type Question, type Reply } from "./questions.ts";
import type { View } from "./views.ts";

type Answered = Result<Reply, Rejection>;

const NOTHING: Answered = ok({ kind: "list", items: [], next: null });

/** `answer` answers a question as anybody would be answered who sees everything. */
export const visibleTo = <Asked extends Question>(
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
    return publishedPart(answer({ ...question, filter: { ...question.filter, status } }));
  }
  const answered = answer(question);
  if (question.kind !== "one" || !answered.ok) return answered;
  // What is not published any more is not his to see as it was then either.
  const now = question.when === null ? answered : answer({ ...question, when: null });
  return isPublished(answered) && isPublished(now)
    ? publishedPart(answered)
    : notThere(question.aggregate, question.when);
};

/** The answer to a command, with no more of a batch than whoever gave it is shown when he asks. */
export const answerTo = (caller: Admitted, answer: Answer): Answer => {
  const { batch } = answer.body;
  const asking = { ...caller, access: accessOf("GET /batches/{id}") };
  if (!seesPublishedOnly(asking) || typeof batch !== "object" || batch === null) return answer;
  return { ...answer, body: { ...answer.body, batch: withoutRaw(batch as View) } };
};

const publishedPart = (answered: Answered): Answered => {
  if (!answered.ok) return answered;
  const reply = answered.value;
  if (reply.kind === "one") return ok({ ...reply, view: withoutRaw(reply.view) });
  return reply.kind === "list" ? ok({ ...reply, items: reply.items.map(withoutRaw) }) : answered;
};

/**
 * A batch's view without the size and the digest of the file it was appended from: what was masked
 * in the published one is not to be told from them.
 */
const withoutRaw = (view: View): View => {
  const { bytes: _, digest: __, work, ...shown } = view;
  return { ...shown, work: work ? withoutBytes(work as View) : null };
};

const withoutBytes = ({ bytes: _, total_bytes: __, ...work }: View): View => work;

const isPublished = (answered: Answered): boolean =>
  answered.ok && answered.value.kind === "one" && answered.value.view.state === "published";
