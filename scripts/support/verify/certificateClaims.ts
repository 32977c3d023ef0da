/** What a certificate of erasure says, in words, and whether it contradicts itself. */
import { counted, type Report } from "./report.ts";

type Fields = Readonly<Record<string, unknown>>;

const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

const items = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? (value as readonly unknown[]).map(fields) : [];

const texts = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];

const count = (value: unknown): number => (typeof value === "number" ? value : Number.NaN);

const time = (value: unknown): number => (typeof value === "string" ? Date.parse(value) : NaN);

export const certificateClaims = (payload: Fields, report: Report): void => {
  const facts = fields(payload.facts);
  const { caught, end } = report.catcher("claims");
  if (payload.version !== 1) caught(`this knows version 1, the certificate has ${payload.version}`);
  // Of what was withheld: the deadline was for the request, which had been completed before.
  const answered = facts.answered_at ?? facts.completed_at;
  const kept = time(answered) <= time(facts.deadline);
  if (facts.deadline_kept !== kept)
    caught(
      `it says the deadline was ${facts.deadline_kept ? "" : "not "}kept: completed ` +
        `${answered}, due ${facts.deadline}`,
    );
  if (time(answered) > time(facts.completed_at))
    caught("it erased what was withheld before the request was completed");
  const { rows_found } = fields(facts.verification);
  if (rows_found !== 0) caught(`its own last scan found ${rows_found} rows of the person`);
  if (time(facts.started_at) > time(facts.completed_at)) caught("it ends before it began");
  const { hit, opened, looked_at } = fields(facts.batches);
  // One that no index speaks for is opened in every round: only hits are batches for certain.
  if (!(count(hit) <= count(opened) && 0 <= count(looked_at)))
    caught(`of ${looked_at} batches ${opened} were opened and ${hit} hit: that cannot be`);
  if (end() > 0) return;
  report.add("ok", "claims", "its times, counts and findings agree with each other");
  for (const text of told(facts)) report.add("note", "says", text);
};

function* told(facts: Fields): Generator<string> {
  const { hit, looked_at } = fields(facts.batches);
  const { objects, rows_read } = fields(facts.verification);
  yield `request ${facts.deletion_id} of ${facts.requested_at}, person ${facts.subject_ref}`;
  yield `${counted(count(facts.rows_removed), "row")} removed, ${hit} of ${looked_at} batches hit`;
  yield `read again afterwards: ${counted(count(objects), "object")} with ${rows_read} rows, none of the person`;
  if (facts.answered_at !== undefined)
    yield `what was withheld when it was completed was erased ${facts.completed_at}`;
  yield `completed ${facts.answered_at ?? facts.completed_at}, ${facts.deadline_kept ? "within" : "AFTER"} the deadline ${facts.deadline}`;
  for (const { dataset, ground, until } of items(facts.withheld))
    yield `withheld: dataset ${dataset}, ${ground}, until ${until}`;
  if (items(facts.withheld).length === 0) yield "nothing was withheld";
  for (const dataset of texts(facts.not_searched))
    yield `NOT searched: dataset ${dataset}, in which, or in batches of which, no column names whose a row is`;
  for (const dataset of texts(facts.held_elsewhere))
    yield `NOT reached: what dataset ${dataset} has elsewhere`;
  yield* leftOut(facts);
  if (typeof facts.scope === "string") yield facts.scope;
  yield `until ${facts.residual_until} the platform's own recovery may hold what was deleted`;
}

/** What the lists above, and others of the certificate, have not the room for. */
function* leftOut({ omitted, objects_omitted, recipients_omitted }: Fields): Generator<string> {
  const of_lists = { ...fields(omitted), objects: objects_omitted, recipients: recipients_omitted };
  for (const [list, left_out] of Object.entries(of_lists)) {
    if (count(left_out) > 0)
      yield `NOT listed for want of room: ${left_out} more in its list ${list}`;
  }
}
