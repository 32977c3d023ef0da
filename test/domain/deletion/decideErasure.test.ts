import { describe, expect, it } from "vitest";
import { datasetName } from "../../../src/contracts/fields.ts";
import {
  beginsByItself,
  executionDue,
  nextWithholdingEnd,
} from "../../../src/domain/deletion/decideErasure.ts";
import { runningErasure } from "../../../src/domain/deletion/deletion.ts";
import { MAX_ROUNDS } from "../../../src/domain/deletion/erasure.ts";
import type { DeletionEvent } from "../../../src/domain/deletion/events.ts";
import { FIRST_RECORDED_AT } from "../../support/deciderSpec.ts";
import {
  A,
  B,
  complete,
  completed,
  DEADLINE,
  DONE,
  endWithholding,
  execute,
  facts,
  fail,
  failed,
  givenErasure as given,
  ground,
  kept,
  LATER,
  looked,
  note,
  opened,
  progressed,
  REFS,
  requested,
  started,
  uploads,
  verified,
  WHY,
} from "../../support/erasureSpecs.ts";
import { DELETION, SALES } from "../../support/facts.ts";

const held: DeletionEvent = {
  type: "GDPRDeletionHeld",
  data: { reason: WHY, ground, until: null },
};
const rejected: DeletionEvent = { type: "GDPRDeletionRejected", data: { reason: WHY, ground } };
const questioned: DeletionEvent = {
  type: "GDPRDeletionIdentityQuestioned",
  data: { reason: WHY },
};
const identified: DeletionEvent = { type: "GDPRDeletionIdentityVerified", data: { reason: WHY } };
const holdReleased: DeletionEvent = { type: "GDPRDeletionHoldReleased", data: { reason: WHY } };
const ended: DeletionEvent = { type: "GDPRWithholdingEnded", data: { datasets: [SALES] } };
const remainderErased = (): DeletionEvent => ({
  type: "GDPRDeletionRemainderErased",
  data: { ...facts(), datasets: [SALES] },
});
const on = { deletion_id: DELETION, now: FIRST_RECORDED_AT };
const again = "Data of the subject kept arriving while it was erased, 10 times over.";
const left = "Rows of the subject were found in objects that had been rewritten without them.";

/** Rounds in each of which an upload of the subject was found. */
const rounds = (count: number): DeletionEvent[] =>
  Array.from({ length: count }, (_, at) => [
    progressed(looked(), at + 1),
    progressed(uploads(1), at + 1),
  ]).flat();

describe("beginning to carry a request out", () => {
  it("names the pseudonyms under which the rows are found, and what is withheld", () => {
    given(requested).when(execute()).then(started());
    given(requested)
      .when(execute({ cause: "deadline", reason: WHY, withhold: [kept] }))
      .then(started({ cause: "deadline", reason: WHY, withheld: [kept] }));
  });

  it("is refused on hold, when it was rejected and when nobody made it", () => {
    for (const stopped of [held, rejected]) {
      const refused = given(requested, stopped)
        .when(execute())
        .thenRejected("deletion-wrong-state");
      expect(refused.detail).toContain("nothing is erased");
    }
    given().when(execute()).thenRejected("deletion-not-found", "not_found");
  });

  it("is refused while it is in doubt who asks, until that is confirmed", () => {
    given(requested, questioned).when(execute()).thenRejected("deletion-wrong-state");
    given(requested, questioned, identified).when(execute()).then(started());
  });

  it("is refused when something would be withheld until a time that has passed", () => {
    const over = { ...kept, until: FIRST_RECORDED_AT };
    const refused = given(requested)
      .when(execute({ withhold: [kept, over] }))
      .thenRejected("withheld-in-the-past", "invalid");
    expect(refused.errors).toEqual([{ path: "withhold[1].until", message: "must lie ahead" }]);
  });

  it("changes nothing while it is under way, nor once it is completed", () => {
    given(requested, started()).when(execute()).thenNothing();
    given(requested, started(), ...DONE, completed())
      .when(execute())
      .thenNothing();
  });

  it("is refused where it would withhold something else than what it goes by", () => {
    const running = [requested, started({ withheld: [kept] })];
    given(...running)
      .when(execute({ withhold: [kept] }))
      .thenNothing();
    const ending = [...running, ...DONE, completed({ withheld: [kept] }), ended];
    const failing = [...ending, failed("The store is away.", true)];
    for (const before of [running, [...running, ...DONE, completed()], ending, failing]) {
      const refused = given(...before)
        .when(execute({ withhold: [] }))
        .thenRejected("deletion-wrong-state");
      expect(refused.detail).toContain("what it withholds is settled");
    }
  });

  it("looks at everything anew when it is to withhold something else", () => {
    const before = [requested, started(), progressed(looked(A, B)), progressed(opened(A))];
    const resumed = started({ withheld: [kept], resumed: true });
    const state = given(...before, failed("The store is away."), resumed).state();
    expect(runningErasure(state)).toMatchObject({
      phase: "looking",
      after: 0,
      hits: [],
      withheld: [kept],
      erased_from: [{ batch_id: A }],
    });
    const longer = { ...kept, until: "2028-01-01T00:00:00.000Z" };
    const same = started({ withheld: [longer], resumed: true });
    const going = [resumed, progressed(looked(B)), failed("Once more."), same];
    expect(runningErasure(given(...before, failed("x"), ...going).state())).toMatchObject({
      phase: "opening",
      hits: [B],
      withheld: [longer],
    });
  });

  it("goes on where it failed, with what was withheld unless that is said anew", () => {
    const before = [requested, started({ withheld: [kept] }), failed("The store is away.")];
    given(...before)
      .when(execute())
      .then(started({ withheld: [kept], resumed: true }));
    given(...before)
      .when(execute({ withhold: [] }))
      .then(started({ resumed: true }));
  });

  it("happens by itself a day before the deadline, unless it is held or in doubt", () => {
    expect(executionDue(DEADLINE, FIRST_RECORDED_AT)).toBe("2026-12-22T12:00:00.000Z");
    expect(beginsByItself(given(requested).state())).toBe(true);
    expect(beginsByItself(given(requested, questioned, identified).state())).toBe(true);
    const failing = [requested, started(), failed("The store is away.")];
    expect(beginsByItself(given(...failing).state())).toBe(true);
    for (const stopped of [held, rejected, questioned, started()]) {
      expect(beginsByItself(given(requested, stopped).state())).toBe(false);
    }
  });
});

describe("a step", () => {
  it("is recorded with the round it belongs to", () => {
    given(requested, started())
      .when(note(looked(A), 2))
      .then(progressed(looked(A)));
    given(requested, started(), ...DONE.slice(0, 3))
      .when(note(looked(), 5))
      .then(progressed(looked(), 2));
  });

  it("that was planned before the request changed is planned anew", () => {
    given(requested, started(), progressed(looked(A)))
      .when(note(looked(A), 2))
      .thenRejected("changed-meanwhile", "wrong_state");
  });

  it("of what is not under way counts for nothing", () => {
    for (const stopped of [held, failed("The store is away.")]) {
      given(requested, started(), stopped)
        .when(note(looked(A), 3))
        .thenRejected("changed-meanwhile");
    }
    given(requested, started(), ...DONE, completed())
      .when(note(looked(A), 9))
      .thenRejected("changed-meanwhile");
  });

  it("that ends the last round with a finding ends the erasure: it would have no end", () => {
    const before = [requested, started(), ...rounds(MAX_ROUNDS - 1)];
    given(...before, progressed(looked(), MAX_ROUNDS))
      .when(note(uploads(1), before.length + 1))
      .then(progressed(uploads(1), MAX_ROUNDS), failed(again));
    given(...before, progressed(looked(), MAX_ROUNDS))
      .when(note(uploads(), before.length + 1))
      .then(progressed(uploads(), MAX_ROUNDS));
  });

  it("that finds the subject where it was taken out ends the erasure", () => {
    const before = [requested, started(), ...DONE.slice(0, -2)];
    given(...before)
      .when(note(verified(A, 1), before.length))
      .then(progressed(verified(A, 1), 2), failed(left));
  });

  it("can be taken again once it is executed anew, whatever it had failed of", () => {
    const endless = [requested, started(), ...rounds(MAX_ROUNDS), failed(again)];
    const found = [...DONE.slice(0, -2), progressed(verified(A, 1), 2), failed(left)];
    for (const before of [endless, [requested, started(), ...found]]) {
      const resumed = [...before, started({ resumed: true })];
      given(...resumed)
        .when(note(looked(), resumed.length))
        .then(progressed(looked()));
    }
  });
});

describe("failing", () => {
  it("is recorded while it is under way, and never after", () => {
    given(requested, started()).when(fail).then(failed("The store is away."));
    given(requested).when(fail).thenNothing();
    given(requested, started(), held).when(fail).thenNothing();
    given(requested, started(), ...DONE, completed())
      .when(fail)
      .thenNothing();
  });

  it("of a remainder leaves the request completed", () => {
    const before = [requested, started({ withheld: [kept] }), ...DONE];
    const failing = [...before, completed({ withheld: [kept] }), ended];
    given(...failing)
      .when(fail)
      .then(failed("The store is away.", true));
    const state = given(...failing, failed("The store is away.", true)).state();
    expect(state).toMatchObject({ status: "completed", failure: "The store is away." });
    expect(runningErasure(state)).toBeNull();
  });
});

describe("completing", () => {
  const all = [requested, started(), ...DONE];

  it("needs every step to be done, and the request to be as it was", () => {
    given(...all)
      .when(complete(all.length))
      .then(completed());
    given(...all)
      .when(complete(all.length - 1))
      .thenRejected("changed-meanwhile");
    const before = all.slice(0, -1);
    given(...before)
      .when(complete(before.length))
      .thenRejected("changed-meanwhile");
    given(...all, completed())
      .when(complete(all.length + 1))
      .thenRejected("changed-meanwhile");
  });

  it("names those who are to be told before it says that it is done", () => {
    const last_at = FIRST_RECORDED_AT;
    const recipients = [{ consumer: "alice", batches: [A], batches_omitted: 0, last_at }];
    const more = { recipients, recipients_omitted: 3 };
    given(...all)
      .when(complete(all.length, more))
      .then({ type: "RecipientsNamed", data: { recipients, omitted: 3 } }, completed(more));
  });

  it("cannot be stopped any more once nothing is left to be done", () => {
    const hold = { type: "HoldDeletion", ...on, reason: WHY, ground, until: null } as const;
    const refused = given(...all)
      .when(hold)
      .thenRejected("deletion-wrong-state");
    expect(refused.detail).toContain("nothing of the subject is left");
    given(...all.slice(0, -1))
      .when(hold)
      .then(held);
  });
});

describe("a hold on what has begun", () => {
  it("is followed, when it is released or over, by going on where it stopped", () => {
    const before = [requested, started({ withheld: [kept] }), progressed(looked(A, B))];
    const resumed = started({ withheld: [kept], resumed: true });
    given(...before, held)
      .when({ type: "ReleaseDeletionHold", ...on, reason: WHY })
      .then(holdReleased, resumed);
    const until = "2026-12-01T00:00:00.000Z";
    given(...before, { type: "GDPRDeletionHeld", data: { reason: WHY, ground, until } })
      .when({ type: "NoteHoldEnd", ...on, now: until })
      .then({ type: "GDPRDeletionHoldExpired", data: { until } }, resumed);
    const state = given(...before, held, holdReleased, resumed).state();
    expect(runningErasure(state)).toMatchObject({ phase: "opening", hits: [A, B] });
  });

  it("begins nothing when nothing had begun", () => {
    given(requested, held)
      .when({ type: "ReleaseDeletionHold", ...on, reason: WHY })
      .then(holdReleased);
  });
});

describe("the end of a ground for withholding", () => {
  const all = [requested, started({ withheld: [kept] }), ...DONE, completed({ withheld: [kept] })];

  it("begins the erasure of what was withheld, and not a moment earlier", () => {
    given(...all)
      .when(endWithholding(LATER))
      .then(ended);
    given(...all)
      .when(endWithholding("2027-05-31T23:59:59.999Z"))
      .thenNothing();
    expect(runningErasure(given(...all, ended).state())).toMatchObject({
      phase: "looking",
      only: [SALES],
      subject_refs: REFS,
      withheld: [],
      erased_from: [],
    });
  });

  it("begins it once, and again when that has failed", () => {
    given(...all, ended)
      .when(endWithholding(LATER))
      .thenNothing();
    const failing = [...all, ended, failed("The store is away.", true)];
    given(...failing)
      .when(endWithholding(LATER))
      .then(ended);
    expect(runningErasure(given(...failing, ended).state())).not.toBeNull();
    // What was erased before it failed is told of too.
    const begun = [...all, ended, progressed(looked(A)), progressed(opened(A))];
    const gone = given(...begun, failed("The store is away.", true), ended).state();
    expect(runningErasure(gone)).toMatchObject({
      phase: "looking",
      only: [SALES],
      erased_from: [{ batch_id: A }],
      rows_removed: 2,
    });
    given(...failing)
      .when(execute())
      .then(started({ withheld: [kept], resumed: true, remainder: true }));
  });

  it("is none of a request that is not completed", () => {
    given(requested).when(endWithholding(LATER)).thenNothing();
    given(requested, started({ withheld: [kept] }))
      .when(endWithholding(LATER))
      .thenNothing();
  });

  it("leaves nothing withheld once it is erased too, and the request completed", () => {
    const erasing = [...all, ended, ...DONE];
    given(...erasing)
      .when(complete(erasing.length))
      .then(remainderErased());
    const state = given(...erasing, remainderErased()).state();
    expect(state).toMatchObject({ status: "completed", withheld: [], erasure: { only: null } });
    expect(runningErasure(state)).toBeNull();
  });

  it("comes for the dataset whose ground ends first", () => {
    const sooner = { ...kept, until: "2027-01-01T00:00:00.000Z" };
    expect(nextWithholdingEnd({ withheld: [kept, sooner] })).toBe(sooner.until);
    expect(nextWithholdingEnd({ withheld: [] })).toBeNull();
  });
});

describe("what an erasure did not search", () => {
  const MAIL = datasetName.parse("mail");

  it("is known of it as it was when it was closed last, and not where the log does not say", () => {
    const closed = (...events: readonly DeletionEvent[]) => given(...events).state();
    expect(closed(requested, started())).toMatchObject({ not_searched: null });
    const done = [requested, started(), ...DONE];
    expect(closed(...done, completed())).toMatchObject({ not_searched: null });
    const told = completed({ not_searched: [MAIL] });
    expect(closed(...done, told)).toMatchObject({ not_searched: [MAIL] });
    const later: DeletionEvent = {
      type: "GDPRDeletionRemainderErased",
      data: { ...facts({ not_searched: [] }), datasets: [] },
    };
    expect(closed(...done, told, later)).toMatchObject({ not_searched: [] });
  });
});
