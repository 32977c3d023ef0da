/**
 * One lake at work: commands, plans and questions over its log and its keys. Everything here is
 * synchronous, so that nothing comes between reading and committing.
 */
import { err, ok, type Result } from "../domain/decider.ts";
import type { LakeId } from "../domain/ids.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { Webhook } from "../domain/webhook/webhook.ts";
import { endedAccesses } from "./accessConsequences.ts";
import type { Answer } from "./answers.ts";
import { ATTEMPT_TIMEOUT_MS } from "./attempts.ts";
import { type Command, reader } from "./commands.ts";
import { keyOfWork } from "./datasetKeys.ts";
import { answeredBefore, handleCommand, type Idempotency, stale } from "./handleCommand.ts";
import { accessKeyId, type KeyStore } from "./keyring.ts";
import type { Call, CommandOptions, LakeRequest, OpenedWork, WorkRequest } from "./lakeGateway.ts";
import { type LakeKeys, lakeKeys } from "./lakeKeys.ts";
import { planWork, WORK_LIMITS, type WorkLimits } from "./planWork.ts";
import type { Calendars, CommandMeta, Duty, EventLog, StoredEvent } from "./ports.ts";
import { answerQuestion, type Question, type Reply } from "./questions.ts";
import { reveal, revealAccess } from "./reveal.ts";
import { openToken, withToken } from "./sealedUrls.ts";
import type { SubjectTexts } from "./subjectPorts.ts";
import { later } from "./timers.ts";
import { toCommand } from "./toCommand.ts";
import { openTarget, type WebhookTarget, withWebhookUrl, withWebhookUrls } from "./webhookSeals.ts";
import { resent } from "./webhooks.ts";

export interface LakeMeans {
  readonly log: EventLog;
  readonly keys: KeyStore;
  readonly root_secret: string;
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
  abandon(attempt_id: string): void;
  ask(call: Call, question: Question): Result<Reply, Rejection>;
  /** Destroys the lake's own halves of the subjects' keys. */
  readonly forgetKeys: LakeKeys["forget"];
  /** Whether webhooks may be on the machine itself. */
  readonly loopback: boolean;
  /** Where and how to call a webhook, in clear, or null when another lake sealed it. */
  webhookTarget(lake_id: string, webhook: Webhook): WebhookTarget | null;
  /** Refused like any question; else the seed the log's checkpoints are signed with. */
  logSeed(call: Call): Result<Uint8Array, Rejection>;
}

/** Who acts when an alarm does. */
export const SYSTEM_ACTOR = "lethe";

/** What Lethe itself asks of a lake. */
export const systemCall = (lake_id: string): Call => ({
  lake_id,
  is_default: false,
  actor: SYSTEM_ACTOR,
  correlation_id: crypto.randomUUID(),
  causation_id: null,
  idempotency: null,
  if_match: null,
});

const DEFAULT_LAKE_NAME = "Default lake";

export const lakeService = (means: LakeMeans): LakeService => {
  const { log, newId, calendars, texts, loopback, limits = WORK_LIMITS } = means;
  const now = () => means.clock().toISOString();
  const keys = lakeKeys(log, means.keys, means.root_secret);
  const { pending } = keys;
  const keyringOf = (lake_id: string) => () => keys.of(lake_id);

  const metaOf = (call: Call, at: string): CommandMeta => ({
    command_id: newId(),
    actor: call.actor,
    correlation_id: call.correlation_id,
    causation_id: call.causation_id,
    now: at,
  });

  const idempotencyOf = (call: Call): Idempotency | null => {
    if (call.idempotency === null) return null;
    // A client's key may be anything, a person's name included: only its keyed hash is kept.
    const { fingerprint } = keyringOf(call.lake_id)();
    const { key, body } = call.idempotency;
    return { key: fingerprint(`key ${key}`), fingerprint: fingerprint(`body ${body}`) };
  };

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

  /** The default lake comes into being on first use. */
  const ensureDefault = (call: Call): void => {
    if (!call.is_default || reader(log).lake().status !== "absent") return;
    const at = now();
    const lake_id = call.lake_id as LakeId;
    run({
      command: {
        type: "CreateDataLake",
        lake_id,
        name: DEFAULT_LAKE_NAME,
        owner_id: call.actor,
        region: "local",
        compliance_level: "standard",
        country: null,
        time_zone: null,
      },
      meta: { ...metaOf(call, at), actor: SYSTEM_ACTOR },
      idempotency: null,
      if_match: null,
      expects: [],
      fulfils: null,
    });
  };

  /** Refuses whatever is asked of a lake that is locked or not there. */
  const refusal = (call: Call): Result<never, Rejection> | null => {
    const refused = keys.locked(call.lake_id);
    if (refused) return refused;
    ensureDefault(call);
    return reader(log).lake().status === "absent" ? lakeNotFound() : null;
  };

  const command: LakeService["command"] = (call, request, options) => {
    const refused = request.type === "CreateDataLake" ? keys.locked(call.lake_id) : refusal(call);
    if (refused) return refused;
    const at = now();
    const keyring = keyringOf(call.lake_id);
    const idempotency = idempotencyOf(call);
    const known = answeredBefore(log, idempotency);
    if (known) return signed(known, call);
    const made = toCommand(request, {
      log,
      keyring,
      now: at,
      actor: call.actor,
      newId,
      calendars,
      texts,
      limits,
      loopback,
    });
    if (!made.ok) return made;
    const done = run({
      command: made.value,
      meta: metaOf(call, at),
      idempotency,
      if_match: call.if_match,
      expects: options?.attempt?.expects ?? [],
      fulfils: options?.attempt ? { kind: "sweep_attempt", ref: options.attempt.attempt_id } : null,
    });
    return signed(done, call);
  };

  /** Signing comes after the commit: the access is on record, and no credential is stored. */
  const signed = (result: Result<Answer, Rejection>, call: Call): Result<Answer, Rejection> => {
    if (!result.ok) return result;
    const keyring = keyringOf(call.lake_id);
    return ok(withWebhookUrl(withToken(result.value, keyring()), keyring));
  };

  return {
    loopback,
    command,

    turn: keys.turn,
    forgetKeys: keys.forget,

    fulfil(lake_id, due, duty) {
      keyringOf(lake_id)();
      return run({
        command: due,
        meta: { command_id: newId(), actor: SYSTEM_ACTOR, ...originOf(duty, newId), now: now() },
        idempotency: null,
        if_match: null,
        expects: [],
        fulfils: duty,
      });
    },

    open(call, request) {
      const refused = refusal(call);
      if (refused) return refused;
      const known = answeredBefore(log, idempotencyOf(call));
      if (known) {
        if (!known.ok) return known;
        const answered = withToken(known.value, keyringOf(call.lake_id)());
        return ok({ plan: { kind: "nothing" }, attempt: null, dataset_key: null, answered });
      }
      if (call.if_match !== null && "batch_id" in request) {
        const { version } = log.load(`batch/${request.batch_id}`);
        if (version !== call.if_match) return err(stale(call.if_match, version));
      }
      const at = now();
      const attempt_id = newId();
      const keyring = keyringOf(call.lake_id);
      const planned = planWork(request, { log, keyring, now: at, attempt_id, limits, texts });
      if (!planned.ok) return planned;
      const { plan, writes, expects } = planned.value;
      const dataset_key = keyOfWork(request, plan, reader(log), keyring());
      if (!dataset_key.ok) return dataset_key;
      if (writes.length > 0) {
        const due_at = later(at, ATTEMPT_TIMEOUT_MS);
        log.transaction(() => {
          pending.write();
          log.schedule.put({
            kind: "sweep_attempt",
            ref: attempt_id,
            due_at,
            // What is doomed once an erasure has begun says so.
            payload: { keys: writes, watches: expects.some((each) => "erasures" in each) },
          });
        });
        pending.clear();
      }
      return ok({
        plan,
        attempt: writes.length > 0 ? { attempt_id, writes, expects } : null,
        dataset_key: dataset_key.value,
        answered: null,
      });
    },

    abandon(attempt_id) {
      log.schedule.remove({ kind: "sweep_attempt", ref: attempt_id });
    },

    ask(call, question) {
      const refused = refusal(call);
      if (refused) return refused;
      if (question.kind === "sealed_object") {
        const keyring = keyringOf(call.lake_id)();
        const found = openToken(question.token, { read: reader(log), keyring, now: now() });
        return found.ok ? ok({ kind: "sealed_object", ...found.value }) : found;
      }
      if (question.kind === "resend") return resent(log, question, now());
      const { kind } = question;
      if (kind !== "reveal" && kind !== "reveal_access") {
        const answered = answerQuestion(log, question, now());
        return answered.ok
          ? ok(withWebhookUrls(answered.value, keyringOf(call.lake_id)))
          : answered;
      }
      const audit = (object: string) =>
        run({
          command: { type: "RevealSealed", accessor_id: call.actor, object },
          meta: metaOf(call, now()),
          idempotency: null,
          if_match: null,
          expects: [],
          fulfils: null,
        });
      const keyring = keyringOf(call.lake_id)();
      return question.kind === "reveal"
        ? reveal(log, keyring, audit, question.deletion_id, now())
        : revealAccess(log, keyring, audit, question.subject_access_id, now());
    },

    webhookTarget(lake_id, webhook) {
      return openTarget(webhook, keyringOf(lake_id)());
    },

    logSeed(call) {
      const refused = refusal(call);
      if (refused) return refused;
      return ok(keyringOf(call.lake_id)().logSeed());
    },
  };
};

/** What an event sets in motion carries on its correlation and names it as its cause. */
const originOf = ({ payload }: Duty, newId: () => string) => {
  const { correlation_id, causation_id } = payload;
  return {
    correlation_id: typeof correlation_id === "string" ? correlation_id : newId(),
    causation_id: typeof causation_id === "string" ? causation_id : null,
  };
};
