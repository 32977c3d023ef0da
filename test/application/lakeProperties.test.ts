import { describe, expect, it } from "vitest";
import { foldOf, KINDS, type StateOf } from "../../src/application/aggregates.ts";
import type { Answer } from "../../src/application/answers.ts";
import { directoryEntry } from "../../src/application/directoryEntry.ts";
import type { Call, LakeRequest } from "../../src/application/lakeGateway.ts";
import type { EventLog, StoredEvent } from "../../src/application/ports.ts";
import { EVENT_CONTRACTS } from "../../src/contracts/events.ts";
import type { Result } from "../../src/domain/decider.ts";
import type { StreamName } from "../../src/domain/ids.ts";
import { atLeast } from "../../src/domain/lake/decide.ts";
import type { ComplianceLevel } from "../../src/domain/lake/lake.ts";
import type { Rejection } from "../../src/domain/rejection.ts";
import { type MemoryEventLog, memoryEventLog } from "../support/memoryEventLog.ts";
import fc from "../support/property.ts";
import { beginnings, type Life, life } from "../support/randomCommands.ts";
import { type TestLake, testLake } from "../support/testLake.ts";

const SEED = 20_261_123;
const RUNS = 100;
const DEEDS = 80;

/** Every type of event: one that no random life records is watched by nobody. */
const WATCHED = Object.keys(EVENT_CONTRACTS);

interface Lived {
  readonly lake: TestLake;
  /** The commands that were answered under a key, with their answers. */
  readonly answered: readonly (readonly [Call, LakeRequest, Answer])[];
  /** How many of the deeds were done. */
  readonly done: number;
}

/** Lives a life; fails at once when a refusal leaves a trace or a repetition has an effect. */
const live = ({ level, deeds }: Life): Lived => {
  const log = memoryEventLog({ snapshot_every: 3 });
  const lake = testLake({ level, log });
  const answered: (readonly [Call, LakeRequest, Answer])[] = [];
  const service = withoutTrace(lake, log);
  const watched: TestLake = { ...lake, service };
  let done = 0;
  const all = [
    ...beginnings(level).map((deed) => ({ deed, keyed: false, if_match: null })),
    ...deeds,
  ];
  for (const [n, { deed, keyed, if_match }] of all.entries()) {
    switch (deed.kind) {
      case "pass":
        lake.pass(deed.ms);
        break;
      case "step":
        if (deed.take(watched).ok) done += 1;
        break;
      case "reveal": {
        const [entry] = log.directory.list({ kind: "deletion", after: deed.index, limit: 1 });
        service.ask(lake.call(), { kind: "reveal", deletion_id: entry?.id ?? "nobody" });
        break;
      }
      case "request": {
        const idempotency = keyed ? { key: `key-${n}`, body: deed.name } : null;
        const call = lake.call({ idempotency, if_match });
        const request = deed.of(lake);
        const result = service.command(call, request);
        if (!result.ok) break;
        done += 1;
        if (keyed) answered.push([call, request, result.value]);
      }
    }
  }
  return { lake, answered, done };
};

/** The service, watched: a refusal must leave everything that is stored as it was. */
const withoutTrace = ({ service }: TestLake, log: MemoryEventLog): TestLake["service"] => {
  const watch = <Value>(act: () => Result<Value, Rejection>): Result<Value, Rejection> => {
    const before = log.revision();
    const result = act();
    if (!result.ok && log.revision() !== before) {
      throw new Error(`${result.error.code} left a trace`);
    }
    return result;
  };
  return {
    ...service,
    command: (call, request, options) => watch(() => service.command(call, request, options)),
    open: (call, request) => watch(() => service.open(call, request)),
    fulfil: (lake_id, command, duty) => watch(() => service.fulfil(lake_id, command, duty)),
    ask: (call, question) => watch(() => service.ask(call, question)),
  };
};

const foldAll = (events: readonly StoredEvent[]) => {
  const states = new Map<StreamName, { version: number; state: unknown }>();
  for (const event of events) {
    const { initialState, evolve } = foldOf(event.stream);
    const { version, state } = states.get(event.stream) ?? { version: 0, state: initialState };
    states.set(event.stream, { version: version + 1, state: evolve(state, event) });
  }
  return states;
};

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const lives = fc.sample(life(DEEDS), { seed: SEED, numRuns: 4 * RUNS });

/** The first lives, which every property is about: each is lived once. */
const kept: Lived[] = [];

const lifeNumber = (n: number): Lived => {
  const planned = lives[n];
  if (planned === undefined) throw new Error(`there is no life ${n}`);
  const lived = kept[n] ?? live(planned);
  if (n < RUNS) kept[n] = lived;
  return lived;
};

/** No property changes what is stored of a life that the others are about as well. */
const holds = (property: (lived: Lived) => void, runs = RUNS): void => {
  try {
    for (let n = 0; n < runs; n += 1) property(lifeNumber(n));
  } catch (error) {
    // Once more, to find the shortest life that shows it.
    fc.assert(
      fc.property(life(DEEDS), (planned) => property(live(planned))),
      { seed: SEED, numRuns: runs },
    );
    throw error;
  }
};

describe("whatever happens to a lake", () => {
  it("its events are numbered without a gap, in the log and in every stream", () => {
    holds(({ lake }) => {
      const events = lake.log.events();
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      const versions = new Map<string, number>();
      for (const { stream, stream_version } of events) {
        expect(stream_version).toBe((versions.get(stream) ?? 0) + 1);
        versions.set(stream, stream_version);
      }
      expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(events.length);
    });
  });

  it("its times never go back, although its clock does", () => {
    holds(({ lake }) => {
      const times = lake.log.events().map(({ recorded_at }) => recorded_at);
      expect(times).toEqual([...times].sort());
    });
  });

  it("a random life gets far enough to be worth watching", () => {
    const seen = new Map<string, number>();
    holds(({ lake, done }) => {
      expect(done).toBeGreaterThan(0);
      for (const { type } of lake.log.events()) seen.set(type, (seen.get(type) ?? 0) + 1);
    }, 4 * RUNS);
    const hardly = WATCHED.filter((type) => (seen.get(type) ?? 0) < 3);
    expect(hardly).toEqual([]);
  });

  it("folding all events gives the states that are loaded, through whichever snapshot", () => {
    holds(({ lake: { log } }) => {
      const events = log.events();
      for (const [stream, folded] of foldAll(events)) {
        expect(plain(log.load(stream))).toEqual(plain(folded));
      }
      for (let seq = 0; seq <= events.length; seq += 3) {
        for (const [stream, folded] of foldAll(events.slice(0, seq))) {
          expect(plain(log.loadAt(stream, seq))).toEqual(plain(folded));
        }
      }
    }, 25);
  });

  it("the directory and the report are what a fresh fold of the log gives", () => {
    holds(({ lake }) => {
      const { log } = lake;
      const entries = [...foldAll(log.events())].flatMap(([stream, { state }]) => {
        const entry = directoryEntry(stream, state);
        return entry ? [entry] : [];
      });
      const listed = KINDS.flatMap((kind) => log.directory.list({ kind, limit: 1000 }));
      const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1);
      expect(listed.map(({ created_seq: _, ...entry }) => entry).sort(byId)).toEqual(
        entries.sort(byId),
      );
      // A clock that went back shows the lake as it is, but the past ends where the clock stands.
      lake.pass(60_000);
      const { parked_duties: _, ...now } = lake.see({ kind: "report", when: null });
      expect(lake.see({ kind: "report", when: { at: lake.now() } })).toEqual(now);
    });
  });

  it("its compliance level never falls", () => {
    holds(({ lake: { log } }) => {
      let level: ComplianceLevel = "standard";
      for (let seq = 1; seq <= log.head(); seq += 1) {
        const state = log.loadAt("lake", seq).state as StateOf<"lake">;
        if (state.status === "absent") continue;
        expect(atLeast(state.compliance_level, level)).toBe(true);
        level = state.compliance_level;
      }
    });
  });

  it("nothing is consumed but what is published and not in quarantine", () => {
    holds(({ lake: { log } }) => {
      for (const event of log.read({ type: "ConsumptionGranted", after: 0, limit: 1000 })) {
        expect(statusBefore(log, event)).toBe("published");
      }
    });
  });

  it("every grant has its audit in the same commit", () => {
    holds(({ lake: { log } }) => {
      const audited = log
        .events()
        .filter(({ type }) => type === "AccessAudited")
        .map(({ command_id, data }) => `${command_id} ${data.object}`);
      for (const { type, stream, command_id } of log.events()) {
        if (type !== "ConsumptionGranted") continue;
        expect(audited).toContain(`${command_id} ${stream}`);
      }
    });
  });

  it("personal data is published in clear at level standard only", () => {
    holds(({ lake: { log } }) => {
      for (const event of log.read({ type: "DataPublished", after: 0, limit: 1000 })) {
        const lake = log.loadAt("lake", event.seq).state as StateOf<"lake">;
        const batch = log.loadAt(event.stream, event.seq).state as StateOf<"batch">;
        if (lake.status === "absent" || batch.status !== "held") continue;
        if (lake.compliance_level === "standard" || !batch.batch.contains_pii) continue;
        expect(batch.batch.progress).toMatchObject({ privacy: { rules: expect.anything() } });
      }
    });
  });

  it("a privacy run at level strict counts when somebody has approved it", () => {
    let approved = 0;
    holds(({ lake: { log } }) => {
      const events = log.events();
      for (const [index, { type, data, seq, stream }] of events.entries()) {
        if (type !== "PrivacyRunApproved") continue;
        const { approver, run_id } = data;
        expect(events[index + 1]).toMatchObject({
          type: "DataAnonymized",
          data: { approver, run_id },
        });
        const before = log.loadAt(stream, seq - 1).state as StateOf<"batch">;
        expect(before).toMatchObject({ batch: { proposal: { run_id } } });
        approved += 1;
      }
    }, 2 * RUNS);
    expect(approved).toBeGreaterThan(0);
  });

  it("an open deletion request that is not overdue has its duty at its deadline", () => {
    holds(({ lake: { log } }) => {
      for (const { id, status, flagged, due_at } of log.directory.list({
        kind: "deletion",
        limit: 1000,
      })) {
        const duty = log.schedule.find({ kind: "deletion_due", ref: id });
        if (status === "rejected" || status === "completed") expect(duty).toBeNull();
        else if (!flagged) expect(duty?.due_at).toBe(due_at);
      }
    });
  });

  it("a request owes a reminder only before its deadline, and ends a hold only while it is held", () => {
    holds(({ lake: { log } }) => {
      for (const { id } of log.directory.list({ kind: "deletion", limit: 1000 })) {
        const state = log.load(`deletion/${id}`).state as StateOf<"deletion">;
        if (state.status === "absent") throw new Error(`${id} is listed and absent`);
        const reminder = log.schedule.find({ kind: "deletion_reminder", ref: id });
        if (state.status === "rejected") expect(reminder).toBeNull();
        if (reminder !== null) expect(reminder.due_at < state.deadline).toBe(true);
        const end = log.schedule.find({ kind: "hold_end", ref: id });
        expect(end?.due_at ?? null).toBe(state.held_until);
      }
    });
  });

  it("no reminder is given twice for one deadline, nor after it", () => {
    holds(({ lake: { log } }) => {
      const least = new Map<string, number>();
      for (const { stream, data, recorded_at } of log.read({
        type: "GDPRDeletionDeadlineApproaching",
        after: 0,
        limit: 1000,
      })) {
        const key = `${stream} ${data.deadline}`;
        const days = Number(data.days_left);
        expect(days).toBeLessThan(least.get(key) ?? Number.POSITIVE_INFINITY);
        expect(recorded_at <= String(data.deadline)).toBe(true);
        least.set(key, days);
      }
    });
  });

  it("a command that is repeated has no second effect and the first answer", () => {
    holds(({ lake, answered }) => {
      const before = lake.log.revision();
      for (const [call, request, answer] of answered) {
        const again = lake.service.command({ ...call, if_match: null }, request);
        // What is shown once is not kept to be shown again.
        const { secret: _, ...body } = answer.body;
        expect(again).toEqual({ ok: true, value: { ...answer, body, replayed: true } });
        const { key } = call.idempotency ?? { key: "" };
        const other = { ...call, idempotency: { key, body: "another" } };
        expect(lake.service.command(other, request)).toMatchObject({
          ok: false,
          error: { code: "idempotency-key-reused" },
        });
      }
      expect(lake.log.revision()).toBe(before);
    });
  });

  it("no subject and no reason of a deletion stands anywhere in clear", () => {
    holds(({ lake }) => {
      // With a sign that base64 lacks: by chance, ciphertext spells any short word.
      expect(lake.log.dump()).not.toMatch(/jane@doe|john@doe|"please"|"because"/);
    });
  });
});

const statusBefore = (log: EventLog, { stream, seq }: StoredEvent): string => {
  const state = log.loadAt(stream, seq - 1).state as StateOf<"batch">;
  return state.status === "held" ? state.batch.progress.status : state.status;
};
