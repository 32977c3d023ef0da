/**
 * Random lives of what people have a right to and no request of a client brings about alone: what
 * is held about them, collected step by step; batches kept past their retention while an erasure is
 * on hold; erasures that a restore of the lake has undone.
 */

import type { StateOf } from "../../src/application/aggregates.ts";
import { erasureFacts } from "../../src/application/erasureFacts.ts";
import type { AccessPlan } from "../../src/application/planAccess.ts";
import type { DutyKind } from "../../src/application/ports.ts";
import { batchId, deletionId } from "../../src/contracts/fields.ts";
import { ok } from "../../src/domain/decider.ts";
import { newErasure } from "../../src/domain/deletion/erasure.ts";
import type { DeletionId, SubjectAccessId } from "../../src/domain/ids.ts";
import type { AccessStep, NoteAccess } from "../../src/domain/subjectAccess/decide.ts";
import type { Step } from "./batchSteps.ts";
import fc from "./property.ts";
import { DAY_MS, type TestLake } from "./testLake.ts";

const asked = (lake: TestLake, subject_id: string): Step =>
  lake.service.command(lake.call(), {
    type: "RequestAccess",
    subject_id,
    requested_by: "petra",
    received_at: null,
  });

const accesses = (lake: TestLake): readonly string[] =>
  lake.log.directory.list({ kind: "subject-access", limit: 100 }).map(({ id }) => id);

const made = (plan: AccessPlan, finds: boolean): AccessStep => {
  switch (plan.kind) {
    case "search": {
      const { from, after, batches, ended, lookups, unknown } = plan;
      const found = [...unknown, ...(finds ? lookups.map(({ batch_id }) => batch_id) : [])];
      return { kind: "searched", from, after, batches, ended, found };
    }
    case "collect": {
      const { batch_id, part_key: key } = plan;
      const part = finds ? { key, bytes: 10, rows: 1 } : null;
      return { kind: "collected", batch_id, outcome: part ? "collected" : "none", part };
    }
    case "pass":
      return { kind: "collected", batch_id: plan.batch_id, outcome: plan.outcome, part: null };
    default: {
      const rows = plan.parts.reduce((sum, part) => sum + part.rows, 0);
      return { kind: "finished", file: { key: plan.file_key, bytes: 10, rows }, recipients: 0 };
    }
  }
};

/** Takes the answer one step further, whatever the step is. */
const collect = (lake: TestLake, id: string, finds: boolean): Step => {
  const subject_access_id = id as SubjectAccessId;
  const opened = lake.service.open(lake.call(), { kind: "access_step", subject_access_id });
  if (!opened.ok) return opened;
  const { plan, attempt } = opened.value;
  if (plan.kind !== "subject_access") return ok(null);
  const step = made(plan.step, finds);
  const request = { type: "RecordAccessStep", subject_access_id, step, now: lake.now() } as const;
  return lake.service.command(lake.call(), request, attempt ? { attempt } : undefined);
};

const NOTES: { readonly [Kind in DutyKind]?: NoteAccess["type"] } = {
  access_due: "NoteAccessDue",
  access_reminder: "NoteAccessApproaching",
  access_expiry: "ExpireSubjectAccess",
};

/** What the alarm says about each duty of a request for access. */
const ring = (lake: TestLake): Step => {
  for (const duty of lake.log.schedule.due(lake.now(), 100)) {
    const type = NOTES[duty.kind];
    if (type === undefined || lake.log.schedule.find(duty) === null) continue;
    const subject_access_id = duty.ref as SubjectAccessId;
    const due = { type, subject_access_id, now: lake.now() };
    const noted = lake.service.fulfil(lake.call().lake_id, due, duty);
    if (!noted.ok) return noted;
  }
  return ok(null);
};

/** A URL to the file, where there is one. */
const handOut = (lake: TestLake, id: string): Step =>
  lake.service.command(lake.call(), {
    type: "SignAccessUrl",
    subject_access_id: id as SubjectAccessId,
    expires_in: 900,
  });

/** Answered to the end, given out, and kept for as long as it may be. */
const answered = (lake: TestLake, subject_id: string): Step => {
  const begun = asked(lake, subject_id);
  if (!begun.ok) return begun;
  for (const id of accesses(lake)) {
    for (let steps = 0; steps < 20; steps += 1) collect(lake, id, true);
    handOut(lake, id);
  }
  return ok(null);
};

/** Nobody answers until it is late. */
const neglected = (lake: TestLake): Step => {
  const begun = asked(lake, "late@doe");
  if (!begun.ok) return begun;
  for (const days of [24, 40]) {
    lake.pass(days * DAY_MS);
    const rung = ring(lake);
    if (!rung.ok) return rung;
  }
  return ok(null);
};

/** The person was forgotten while, or after, what is held about them was collected. */
const forgotten = (lake: TestLake): Step => {
  const [id] = accesses(lake);
  if (id === undefined) return ok(null);
  return lake.service.command(lake.call(), {
    type: "EraseSubjectAccess",
    subject_access_id: id as SubjectAccessId,
    deletion_id: deletionId.parse("d1"),
  });
};

/** What a person decides about a request for access besides the answer. */
const decided = (lake: TestLake, type: "ExtendAccess" | "RejectAccess", n: number): Step => {
  const id = accesses(lake)[n];
  if (id === undefined) return ok(null);
  const about = { subject_access_id: id as SubjectAccessId, reason: "they ask every day" };
  const request =
    type === "ExtendAccess" ? { type, ...about } : { type, ...about, ground: "Art. 12(5)" };
  return lake.service.command(lake.call(), request);
};

/** A batch is past its time while erasures are on hold. */
const kept = (lake: TestLake): Step => {
  const { directory, schedule } = lake.log;
  const deletion_ids = directory
    .list({ kind: "deletion", status: "held", limit: 10 })
    .map(({ id }) => id as DeletionId);
  const [duty] = schedule.due(lake.now(), 1, ["retention_due"]);
  if (duty === undefined || deletion_ids.length === 0) return ok(null);
  const batch_id = batchId.parse(duty.ref);
  const due = { type: "FreezeRetention", batch_id, deletion_ids, now: lake.now() } as const;
  return lake.service.fulfil(lake.call().lake_id, due, duty);
};

const heldBack = (lake: TestLake): Step => {
  const [first] = lake.log.directory.list({ kind: "deletion", limit: 1 });
  if (first === undefined) return ok(null);
  lake.service.command(lake.call(), {
    type: "HoldDeletion",
    deletion_id: first.id as DeletionId,
    reason: "because",
    ground: "Art. 17(3)(e)",
    until: null,
  });
  lake.pass(4 * DAY_MS);
  return kept(lake);
};

/** Closed before a restore: the n-th request, or one that the log has never heard of. */
const reapplied = (lake: TestLake, n: number, unbound: number): Step => {
  const [entry] = lake.log.directory.list({ kind: "deletion", limit: 10 }).slice(n);
  const known = lake.log.load(`deletion/${entry?.id ?? "nobody"}`).state as StateOf<"deletion">;
  if (known.status === "absent" || known.status === "completed") return ok(null);
  const { subject_ref } = known;
  const about = { subject_refs: { string: subject_ref }, withheld: [], only: null };
  const erasure = newErasure({ ...about, started_at: lake.now() });
  const deletion_id = n === 0 ? known.deletion_id : deletionId.parse(`recalled-${n}`);
  const facts = erasureFacts(
    lake.log,
    { ...known, deletion_id, withheld: [] },
    erasure,
    lake.now(),
    [],
  );
  const { subject_refs } = erasure;
  const closing = { ...facts, closing: "request", datasets: [], subject_refs, rebound: 0 } as const;
  return lake.service.command(lake.call(), {
    type: "ReapplyErasure",
    deletion_id,
    closings: [closing],
    unbound,
  });
};

const restored = (lake: TestLake, lost_size: number): Step =>
  lake.service.command(lake.call(), {
    type: "NoteRestore",
    lost: { lost_size, lost_root: "cm9vdA==" },
  });

const rewrapped = (lake: TestLake): Step =>
  lake.service.command(lake.call(), { type: "NoteKeyRewrapped" });

const step = (name: string, take: (lake: TestLake) => Step) => ({
  kind: "step" as const,
  name,
  take,
});

const subject = fc.constantFrom("jane@doe", "john@doe");
const index = fc.constantFrom(0, 0, 0, 1, 2);

/** Deeds of these lives. */
export const rights = fc.oneof(
  subject.map((who) => step(`ask what is held of ${who}`, (lake) => asked(lake, who))),
  fc
    .tuple(index, fc.boolean())
    .map(([n, finds]) =>
      step(`collect ${n}`, (lake) => collect(lake, accesses(lake)[n] ?? "nobody", finds)),
    ),
  subject.map((who) => step(`tell ${who} all`, (lake) => answered(lake, who))),
  fc.constant(step("ask in vain", neglected)),
  fc.constant(step("forget what was collected", forgotten)),
  fc
    .tuple(fc.constantFrom("ExtendAccess" as const, "RejectAccess" as const), index)
    .map(([type, n]) => step(`${type} ${n}`, (lake) => decided(lake, type, n))),
  fc.constant(step("alarm of accesses", ring)),
  fc.constant(step("hold the first back", heldBack)),
  fc.constant(step("keep what is on hold", kept)),
  fc.constant(step("wrap the key anew", rewrapped)),
  index.map((n) => step(`note a restore of ${n}`, (lake) => restored(lake, n))),
  fc
    .tuple(index, fc.constantFrom(0, 0, 1))
    .map(([n, unbound]) => step(`reapply ${n}`, (lake) => reapplied(lake, n, unbound))),
);
