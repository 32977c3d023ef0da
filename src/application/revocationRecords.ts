/**
 * Rights that were taken, on record outside of the lake's own database, as erasures are. A restore of
 * the database to an earlier moment brings members, tokens and webhooks back that were revoked since:
 * by the records they are revoked again. It only ever takes: what was given in the lost time is to be
 * given anew. A grant that is newer than the record stays. A record is signed by the lake. Among the
 * records it is noted when an erasure was put on record, so that one look finds all that is new.
 */
import {
  type Revocation,
  type RevocationRecord,
  readRevocation,
  readRevocationRecord,
  writeRevocationRecord,
} from "../contracts/revocationRecord.ts";
import type { DeletionId } from "../domain/ids.ts";
import { remainingRoles } from "../domain/member/remaining.ts";
import type { SmallObjects } from "./dataPorts.ts";
import { type Envelope, openEnvelope, signEnvelope } from "./envelope.ts";
import type { LakeRequest } from "./lakeGateway.ts";
import type { LakeService } from "./lakeService.ts";
import type { LogSigner } from "./logSigner.ts";
import {
  notedErasureOf,
  revocationKey,
  revocationOf,
  revocationPrefix,
  revocationsFrom,
} from "./objectKeys.ts";
import type { Duty, EventLog } from "./ports.ts";
import { reader } from "./reader.ts";
import { systemCall } from "./systemCall.ts";

const RECORD_TYPE = "application/vnd.lethe.revocation-record+json";

export interface RevokedAgain {
  /** What is revoked again, as its stream is called: `member/…`, `token/…`, `webhook/…`. */
  readonly revoked_again: readonly string[];
  /** Names of objects that lie in a record's place and are none of this lake's. */
  readonly refused: readonly string[];
}

export interface RecordedSince {
  /** Whether a right is back that had been taken, or a record is none. */
  readonly behind: boolean;
  /** Erasures that were put on record. */
  readonly erasures: readonly DeletionId[];
}

export interface RevocationRecords {
  /** Puts on record what a duty of this kind says was taken. Safe to do again. */
  keep(lake_id: string, duty: Duty): Promise<void>;
  /** What is on record behind `seq` of the log: the database knows what was before. */
  since(lake_id: string, seq: number): Promise<RecordedSince>;
  /** Safe to do at any time and any number of times. */
  reapply(lake_id: string): Promise<RevokedAgain>;
}

export interface RevocationDeps {
  readonly log: EventLog;
  readonly service: Pick<LakeService, "command">;
  readonly objects: SmallObjects;
  signer(lake_id: string): Promise<LogSigner>;
}

interface Outstanding {
  readonly lost: readonly Revocation[];
  readonly refused: readonly string[];
  readonly erasures: readonly DeletionId[];
}

export const revocationRecords = ({
  log,
  service,
  objects,
  signer,
}: RevocationDeps): RevocationRecords => {
  /** What the log does not know of, though it is on record. */
  const outstanding = async (lake_id: string, seq: number): Promise<Outstanding> => {
    const lost: Revocation[] = [];
    const refused: string[] = [];
    const erasures = new Set<DeletionId>();
    const prefix = revocationPrefix(lake_id);
    const after = seq === 0 ? undefined : revocationsFrom(lake_id, seq);
    for await (const key of objects.list(prefix, after)) {
      const name = key.slice(prefix.length);
      const erased = notedErasureOf(name);
      if (erased !== null) {
        erasures.add(erased);
        continue;
      }
      const event = revocationOf(name);
      if (event !== null && isKnown(log, event)) continue;
      const bytes = await objects.read(key);
      if (bytes === null) continue;
      const record = await opened(await signer(lake_id), bytes);
      const own = record?.lake_id === lake_id && record.event_id === event?.event_id;
      if (record !== null && own) lost.push(record.taken);
      else refused.push(name);
    }
    return { lost, refused, erasures: [...erasures] };
  };

  return {
    async keep(lake_id, { ref: event_id, payload }) {
      const taken = readRevocation(payload.taken);
      const text = writeRevocationRecord({ lake_id, event_id, taken });
      const body = new TextEncoder().encode(text);
      const envelope = await signEnvelope(await signer(lake_id), RECORD_TYPE, body);
      const key = revocationKey(lake_id, { seq: Number(payload.seq), event_id });
      await objects.put(key, new TextEncoder().encode(JSON.stringify(envelope)));
    },

    async since(lake_id, seq) {
      const { lost, refused, erasures } = await outstanding(lake_id, seq);
      const back = lost.some((taken) => requestOf(log, taken) !== null);
      return { behind: refused.length > 0 || back, erasures };
    },

    async reapply(lake_id) {
      const { lost, refused } = await outstanding(lake_id, 0);
      const revoked_again: string[] = [];
      // From here on nothing is awaited: each is decided on the state that the one before has left.
      for (const taken of lost) {
        const request = requestOf(log, taken);
        if (request === null) continue;
        const done = service.command(systemCall(lake_id), request);
        if (!done.ok) throw new Error(done.error.detail);
        revoked_again.push(nameOf(taken));
      }
      return { revoked_again, refused };
    },
  };
};

const isKnown = (
  log: EventLog,
  { seq, event_id }: { readonly seq: number; readonly event_id: string },
): boolean => log.read({ after: seq - 1, limit: 1 })[0]?.event_id === event_id;

/** Null for what this lake has not signed as a record. */
const opened = async (signer: LogSigner, bytes: Uint8Array): Promise<RevocationRecord | null> => {
  try {
    const envelope = JSON.parse(new TextDecoder().decode(bytes)) as Envelope;
    const body = await openEnvelope(signer, RECORD_TYPE, envelope);
    return body === null ? null : readRevocationRecord(new TextDecoder().decode(body));
  } catch {
    // Whatever it is instead: by its name it is told of.
    return null;
  }
};

/** What takes the right again; null when nobody has it. */
const requestOf = (log: EventLog, taken: Revocation): LakeRequest | null => {
  const read = reader(log);
  switch (taken.kind) {
    case "member": {
      const { kind: _, ...lost } = taken;
      if (remainingRoles(read.member(lost.subject), lost) === null) return null;
      return { type: "ReapplyRevocation", ...lost };
    }
    case "token": {
      const { token_id } = taken;
      const active = read.token(token_id).status === "active";
      return active ? { type: "RevokeToken", token_id } : null;
    }
    case "webhook": {
      const { webhook_id } = taken;
      const active = read.webhook(webhook_id).status === "active";
      return active ? { type: "RemoveWebhook", webhook_id } : null;
    }
    default:
      return taken satisfies never;
  }
};

const nameOf = (taken: Revocation): string => {
  switch (taken.kind) {
    case "member":
      return `member/${taken.subject}`;
    case "token":
      return `token/${taken.token_id}`;
    case "webhook":
      return `webhook/${taken.webhook_id}`;
    default:
      return taken satisfies never;
  }
};
