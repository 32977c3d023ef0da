/**
 * One lake at work: commands, plans and questions over its log and its keys. Everything here is
 * synchronous, so that nothing comes between reading and committing.
 */
import { unknownBatch } from "../domain/batch/decide.ts";
import { err, ok, type Result } from "../domain/decider.ts";
import { SYSTEM_ACTOR } from "../domain/member/subject.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Webhook } from "../domain/webhook/webhook.ts";
import { endedAccesses } from "./accessConsequences.ts";
import type { Admitted } from "./admission.ts";
import type { Answer } from "./answers.ts";
import { personalInClear } from "./clearTexts.ts";
import type { Command } from "./commands.ts";
import { type Entrance, entrance } from "./entrance.ts";
import { fourEyes } from "./fourEyes.ts";
import { answeredBefore, handleCommand, stale } from "./handleCommand.ts";
import { idempotencyOf, keptAnswer } from "./keptAnswers.ts";
import { type KeyRotation, keyRotation } from "./keyRotation.ts";
import { accessKeyId, type KeyStore } from "./keyring.ts";
import type { Call, CommandOptions, LakeRequest, OpenedWork, WorkRequest } from "./lakeGateway.ts";
import { type LakeKeys, lakeKeys } from "./lakeKeys.ts";
import { impersonation } from "./onBehalf.ts";
import { openUploads } from "./openUploads.ts";
import { causeOf } from "./origins.ts";
import { parkedWork } from "./parkedWork.ts";
import { answeredWork, plannedWork } from "./plannedWork.ts";
import { WORK_LIMITS, type WorkLimits } from "./planWork.ts";
import type { Calendars, CommandMeta, Duty, EventLog, StoredEvent } from "./ports.ts";
import { answerQuestion, type Question, type Reply } from "./questions.ts";
import { reader } from "./reader.ts";
import { type HeldIn, residencyNow } from "./residence.ts";
import { reveal, revealAccess } from "./reveal.ts";
import type { RootSecrets } from "./rootSecrets.ts";
import { openToken, withToken } from "./sealedUrls.ts";
import { isHidden, seenAnswer } from "./seenBatch.ts";
import type { SubjectTexts } from "./subjectPorts.ts";
import { systemCall } from "./systemCall.ts";
import { toCommand } from "./toCommand.ts";
import { visibleTo } from "./visible.ts";
import { openTarget, type WebhookTarget, withWebhookUrl, withWebhookUrls } from "./webhookSeals.ts";
import { resent } from "./webhooks.ts";
import { whoAsks } from "./whoAsks.ts";

export interface LakeMeans {
  readonly log: EventLog;
  readonly keys: KeyStore;
  readonly roots: RootSecrets;
  readonly held_in: HeldIn;
  readonly clock: () => Date;
  readonly newId: () => string;
  /** Left out: `WORK_LIMITS`. */
  readonly limits?: WorkLimits;
  readonly calendars: Calendars;
  readonly texts: SubjectTexts;
  /** Whether webhooks may be on the machine itself: in local development. */
  readonly loopback: boolean;
}

export interface LakeService {
  /** Runs what asks this service for something with the halves of keys that were fetched. */
  readonly turn: LakeKeys["turn"];
  command(call: Call, request: LakeRequest, options?: CommandOptions): Result<Answer, Rejection>;
  /** A command that fulfils a duty of the lake's own. */
  fulfil(lake_id: string, command: Command, duty: Duty): Result<Answer, Rejection>;
  open(call: Call, request: WorkRequest): Result<OpenedWork, Rejection>;
  abandon(call: Call, attempt_id: string): void;
  /** Whether what was admitted once still would be. */
  admits(call: Call): boolean;
  ask(call: Call, question: Question): Result<Reply, Rejection>;
  /** Destroys the lake's own halves of the subjects' keys. */
  readonly forgetKeys: LakeKeys["forget"];
  readonly rotation: KeyRotation;
  /** Whether webhooks may be on the machine itself. */
  readonly loopback: boolean;
  /** Where and how to call a webhook, in clear, or null when another lake sealed it. */
  webhookTarget(lake_id: string, webhook: Webhook): WebhookTarget | null;
  /** Under which the lake's digests are made. */
  digestKey(lake_id: string): Uint8Array;
  /** Puts on record, with the answer to what was only admitted here, that a token has got one. */
  readonly noteUse: Entrance["noteUse"];
  /** Refused like any question; else nothing, and nothing is on record yet. */
  admit(call: Call): Result<null, Rejection>;
  /**
   * Refused like any question; else the seed the log's checkpoints are signed with. Nothing is on
   * record yet.
   */
  logSeed(call: Call): Result<Uint8Array, Rejection>;
}

const UNCONDITIONAL = { idempotency: null, if_match: null, expects: [], fulfils: null } as const;

export const lakeService = (means: LakeMeans): LakeService => {
  const { log, newId, calendars, texts, loopback, held_in, limits = WORK_LIMITS } = means;
  const now = () => means.clock().toISOString();
  const keys = lakeKeys(log, means.keys, means.roots);
  const { pending } = keys;
  const keyringOf = (lake_id: string) => () => keys.of(lake_id);

  const metaOf = (call: Call, at: string): CommandMeta => ({
    command_id: newId(),
    actor: call.actor,
    correlation_id: call.correlation_id,
    causation_id: call.causation_id,
    now: at,
  });

  /** Keys that the command made or destroyed, and those that die with what is recorded. */
  const alongside = (events: readonly StoredEvent[]): void => {
    pending.write();
    for (const id of endedAccesses(events)) means.keys.destroy(accessKeyId(id));
  };

  const run = (envelope: Omit<Parameters<typeof handleCommand>[1], "alongside">) => {
    let written = false;
    try {
      const result = handleCommand(log, { ...envelope, alongside });
      written = result.ok && !result.value.replayed;
      return result;
    } finally {
      if (written) pending.clear();
      else pending.forget();
    }
  };

  const { enter, enterAsCreator, admits, noteUse } = entrance({
    log,
    keys,
    clock: means.clock,
    held_in,
    record: (call, own) => run({ command: own, meta: metaOf(call, now()), ...UNCONDITIONAL }),
  });

  const command: LakeService["command"] = (call, request, options) => {
    const creates = request.type === "CreateDataLake";
    const entered = creates ? enterAsCreator(call) : enter(call);
    if (!entered.ok) return entered;
    const { person } = entered.value;
    const posing = impersonation(request, entered.value);
    if (posing) return err(posing);
    const at = now();
    const keyring = keyringOf(call.lake_id);
    const idempotency = idempotencyOf(call, keyring);
    const known = answeredBefore(log, idempotency);
    if (known) return signed(known, call.lake_id, entered.value);
    const made = toCommand(request, {
      log,
      keyring,
      now: at,
      actor: call.actor,
      admitted: entered.value,
      newId,
      calendars,
      texts,
      limits,
      loopback,
      held_in,
    });
    if (!made.ok) return made;
    const alone = fourEyes(log, made.value, person);
    if (alone) return err(alone);
    const done = run({
      command: made.value,
      meta: metaOf(call, at),
      idempotency,
      if_match: call.if_match,
      expects: options?.attempt?.expects ?? [],
      fulfils: options?.attempt ? { kind: "sweep_attempt", ref: options.attempt.attempt_id } : null,
    });
    return signed(done, call.lake_id, entered.value);
  };

  /** Signing comes after the commit: the access is on record, and no credential is stored. */
  const signed = (result: Result<Answer, Rejection>, lake_id: string, admitted: Admitted) => {
    if (!result.ok) return result;
    const keyring = keyringOf(lake_id);
    const answer = withWebhookUrl(withToken(result.value, keyring(), admitted.caller), keyring);
    return ok(seenAnswer(admitted, answer, reader(log)));
  };

  const service: LakeService = {
    loopback,
    command,

    turn: keys.turn,
    forgetKeys: keys.forget,
    rotation: keyRotation({
      log,
      keys,
      enter,
      now,
      record: (lake_id) =>
        run({
          command: { type: "NoteKeyRewrapped" },
          meta: metaOf(systemCall(lake_id), now()),
          ...UNCONDITIONAL,
        }).ok,
    }),

    fulfil(lake_id, due, duty) {
      keyringOf(lake_id)();
      return run({
        command: due,
        meta: { command_id: newId(), actor: SYSTEM_ACTOR, ...causeOf(duty, newId), now: now() },
        ...UNCONDITIONAL,
        fulfils: duty,
      });
    },

    open(call, request) {
      const entered = enter(call);
      if (!entered.ok) return entered;
      const posing = impersonation(request, entered.value);
      if (posing) return err(posing);
      const known = answeredBefore(log, idempotencyOf(call, keyringOf(call.lake_id)));
      if (known) {
        const answered = signed(known, call.lake_id, entered.value);
        if (!answered.ok) return answered;
        return ok(answeredWork(answered.value, keyringOf(call.lake_id)()));
      }
      if (request.kind === "export" && isHidden(entered.value, request.batch_id, reader(log)))
        return unknownBatch(request.batch_id);
      if (call.if_match !== null && "batch_id" in request) {
        const { version } = log.load(`batch/${request.batch_id}`);
        if (version !== call.if_match) return err(stale(call.if_match, version));
      }
      return plannedWork(request, {
        log,
        keyring: keyringOf(call.lake_id),
        pending,
        now: now(),
        attempt_id: newId(),
        limits,
        texts,
      });
    },

    abandon(call, attempt_id) {
      if (enter(call).ok) log.schedule.remove({ kind: "sweep_attempt", ref: attempt_id });
    },

    admits,
    noteUse,

    admit(call) {
      const entered = enter(call);
      return entered.ok ? ok(null) : entered;
    },

    ask(call, question) {
      // Its permission is in the token: who shows it is nobody's business.
      if (question.kind === "sealed_object") {
        const locked = keys.locked(call.lake_id);
        if (locked) return locked;
        const keyring = keyringOf(call.lake_id)();
        const found = openToken(question.token, { log, keyring, now: now() });
        return found.ok ? ok({ kind: "sealed_object", ...found.value }) : found;
      }
      const reveals = question.kind === "reveal";
      const entered = enter(call, reveals ? "GET /deletions/{id}?reveal=true" : undefined);
      if (!entered.ok) return entered;
      if (question.kind === "to_export") {
        // Nothing is made for what the command would refuse to say.
        const { request } = question;
        const refused = impersonation(request, entered.value) ?? personalInClear(request);
        if (refused) return err(refused);
      }
      if (question.kind === "kept_answer" || question.kind === "keep_answer") {
        const idempotency = idempotencyOf(call, keyringOf(call.lake_id));
        return keptAnswer(log, question, idempotency, now());
      }
      if (question.kind === "me")
        return ok({ kind: "me", me: whoAsks(entered.value, reader(log)) });
      if (question.kind === "resend") return resent(log, question, now());
      if (question.kind === "parked") return parkedWork(log, question.redrive, now());
      if (question.kind === "uploads") {
        const digest_key = () => keyringOf(call.lake_id)().digestKey();
        return ok({ kind: "uploads", ...openUploads(log, question.about, digest_key) });
      }
      const { kind } = question;
      if (kind !== "reveal" && kind !== "reveal_access") {
        const answer = (asked: typeof question) => answerQuestion(log, asked, now());
        const visible = visibleTo(entered.value, question, answer, reader(log));
        const answered = residencyNow(question, visible, held_in);
        return answered.ok
          ? ok(withWebhookUrls(answered.value, keyringOf(call.lake_id)))
          : answered;
      }
      const audit = (object: string) =>
        run({
          command: { type: "RevealSealed", accessor_id: call.actor, object },
          meta: metaOf(call, now()),
          ...UNCONDITIONAL,
        });
      const keyring = keyringOf(call.lake_id)();
      return question.kind === "reveal"
        ? reveal(log, keyring, audit, question.deletion_id, now())
        : revealAccess(log, keyring, audit, question.subject_access_id, now());
    },

    webhookTarget(lake_id, webhook) {
      return openTarget(webhook, keyringOf(lake_id)());
    },

    digestKey: (lake_id) => keyringOf(lake_id)().digestKey(),

    logSeed(call) {
      const entered = enter(call);
      return entered.ok ? ok(keyringOf(call.lake_id)().logSeed()) : entered;
    },
  };
  return {
    ...service,
    command: (call, ...asked) => noteUse(call, service.command(call, ...asked)),
    open: (call, request) => noteUse(call, service.open(call, request)),
    ask: (call, question) => noteUse(call, service.ask(call, question)),
  };
};
