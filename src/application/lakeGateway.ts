/**
 * The lake as the rest of Lethe talks to it: commands in, answers out, and the plans for work
 * that is too heavy for the one turn in which a lake decides. All of it is plain data, because it
 * crosses a remote call.
 */

import type { AuditAccess, AuditAccesses } from "../domain/access/decide.ts";
import type { AppendRequest, BatchCommand } from "../domain/batch/commands.ts";
import type { RawRules } from "../domain/batch/events.ts";
import type { WorkStep } from "../domain/batch/work.ts";
import type { ContractCommand, CreateContract } from "../domain/contract/decide.ts";
import type { AmendDataset } from "../domain/dataset/amend.ts";
import type { DatasetCommand } from "../domain/dataset/decide.ts";
import type { Result } from "../domain/decider.ts";
import type { ReapplyErasure } from "../domain/deletion/reapply.ts";
import type {
  BatchId,
  ContractId,
  DatasetName,
  ReplayId,
  StreamName,
  TokenId,
} from "../domain/ids.ts";
import type { LakeCommand } from "../domain/lake/decide.ts";
import type { MemberCommand } from "../domain/member/decide.ts";
import type { Role } from "../domain/member/roles.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { CancelReplay, CompleteReplay, NoteReplayProgress } from "../domain/replay/decide.ts";
import type { EraseSubjectAccess, RecordAccessStep } from "../domain/subjectAccess/decide.ts";
import type { Format } from "../domain/table.ts";
import type { RemoveWebhook } from "../domain/webhook/decide.ts";
import type { Notified } from "../domain/webhook/notifications.ts";
import type { Answer } from "./answers.ts";
import type { Caller } from "./callers.ts";
import type { ConsumeDataset } from "./datasetOffers.ts";
import type { DeletionRequest } from "./deletionRequests.ts";
import type { EndBatch } from "./endBatch.ts";
import type { EraseRequest } from "./erasePlans.ts";
import type { AccessStepRequest } from "./planAccess.ts";
import type { HeldInRequest } from "./planHeldIn.ts";
import type { LakeQuestion, Reply } from "./questions.ts";
import type { Looked } from "./restrictions.ts";
import type { AccessRequest } from "./subjectAccess.ts";
import type { WorkPlan } from "./workPlan.ts";

/** A command as a client means it; the lake adds what only it knows (ids, keys, the time). */
export type LakeRequest =
  | LakeCommand
  | DatasetCommand
  | AmendDataset
  | (Omit<CreateContract, "contract_id"> & { readonly contract_id: ContractId | null })
  | Exclude<ContractCommand, CreateContract>
  | AuditAccess
  | AuditAccesses
  | {
      readonly type: "SignUrl";
      readonly dataset: DatasetName | null;
      readonly filename: string;
      readonly method: "GET" | "PUT";
      /** Seconds. */
      readonly expires_in: number;
      readonly purpose: string | null;
      /** There is no such file to download, as far as was looked before the lake was asked. */
      readonly missing?: true;
    }
  | {
      readonly type: "SignQuarantineUrl";
      readonly batch_id: BatchId;
      readonly expires_in: number;
      /** What was looked up of restrictions before it was asked; so below. */
      readonly looked?: Looked;
    }
  | {
      readonly type: "Consume";
      readonly batch_id: BatchId;
      readonly consumer: string;
      readonly purpose: string | null;
      readonly format: Format;
      readonly expires_in: number;
      readonly looked?: Looked;
    }
  | ConsumeDataset
  | EndBatch
  | DeletionRequest
  | AccessRequest
  | RecordAccessStep
  | EraseSubjectAccess
  | ReapplyErasure
  | {
      readonly type: "Replay";
      readonly dataset: DatasetName;
      readonly batch_id: BatchId | null;
    }
  | {
      readonly type: "RegisterWebhook";
      readonly url: string;
      readonly events: readonly Notified[];
      readonly datasets: readonly DatasetName[] | null;
      /** In clear: sealed before it is decided on. Null: one is made. */
      readonly secret: string | null;
    }
  | RemoveWebhook
  | MemberCommand
  | {
      readonly type: "IssueToken";
      readonly name: string;
      readonly roles: readonly Role[];
      readonly expires_at: string;
    }
  | { readonly type: "RevokeToken"; readonly token_id: TokenId }
  | NoteReplayProgress
  | CompleteReplay
  | CancelReplay
  | { readonly type: "StartWork"; readonly request: LongRequest }
  | Exclude<
      BatchCommand,
      {
        type:
          | "GrantConsumption"
          | "DropDerivation"
          | "ReplayBatch"
          | "ExpireBatch"
          | "ExpireNow"
          | "FreezeRetention"
          | "StartWork";
      }
    >;

export interface Call {
  readonly lake_id: string;
  /** Whether the lake comes into being on first use. */
  readonly is_default: boolean;
  readonly caller: Caller;
  /** Who is on record: of a caller who is told apart, who he is. */
  readonly actor: string;
  readonly correlation_id: string;
  readonly causation_id: string | null;
  readonly idempotency: { readonly key: string; readonly body: string } | null;
  readonly if_match: number | null;
}

/** A started piece of heavy work: what it may write, and what its result is based on. */
export interface Attempt {
  readonly attempt_id: string;
  /** Keys it may write: swept when nobody records it. */
  readonly writes: readonly string[];
  readonly expects: readonly Expectation[];
}

/** What must still be so when the result of work is recorded. */
export type Expectation =
  | { readonly stream: StreamName; readonly version: number }
  /** The batch has not been derived anew, published or put into quarantine meanwhile. */
  | { readonly batch_id: BatchId; readonly revision: number; readonly status: string }
  /** No erasure has begun meanwhile: of so many it knows whom to look for. */
  | { readonly erasures: number }
  /** The persons of the dataset are named by that column; null: by none. */
  | { readonly subjects_of: DatasetName; readonly column: string | null }
  /** No other batch of the dataset has been published behind this event of the log. */
  | {
      readonly dataset: DatasetName;
      readonly but_for: BatchId;
      readonly published_after: number;
    };

/** Work on a batch that needs its bytes. */
export type WorkRequest =
  | ({
      readonly kind: "append";
      /** Size of the upload; left out when it is not known to be there. */
      readonly landed_bytes?: number;
      /** It has turned out to unpack to more than is taken while a request waits. */
      readonly unpacks_beyond?: boolean;
    } & AppendRequest)
  | {
      readonly kind: "quality";
      readonly batch_id: BatchId;
      /** Null: the contract's. */
      readonly rules: RawRules | null;
    }
  | {
      readonly kind: "privacy";
      readonly batch_id: BatchId;
      readonly rules: RawRules | null;
      readonly dry_run: boolean;
    }
  | { readonly kind: "publish"; readonly batch_id: BatchId }
  | {
      readonly kind: "export";
      readonly batch_id: BatchId;
      readonly format: Format;
      /** Who is to have it. */
      readonly consumer: string;
    }
  | { readonly kind: "replay"; readonly replay_id: ReplayId }
  | WorkStepRequest
  | EraseRequest
  | AccessStepRequest
  | HeldInRequest;

/** A step of long work on a batch, as the lake's duty names it. */
export interface WorkStepRequest {
  readonly kind: "work_step";
  readonly batch_id: BatchId;
  readonly work_id: string;
  readonly step: WorkStep;
}

/** What may be asked for as long work. */
export type LongRequest = Exclude<
  WorkRequest,
  WorkStepRequest | EraseRequest | AccessStepRequest | HeldInRequest | { readonly kind: "export" }
>;

/** What whoever does the work is lent for it. */
export interface WorkKeys {
  /** Under which the dataset's objects are sealed; null when it is not encrypted. */
  readonly dataset_key: Uint8Array | null;
  /** Under which the lake's digests are made (see digests.ts). */
  readonly digest_key: Uint8Array;
}

export interface OpenedWork extends WorkKeys {
  readonly plan: WorkPlan;
  /** Null for work that writes nothing. */
  readonly attempt: Attempt | null;
  /** The command was answered before: this is the answer, there is no work. */
  readonly answered: Answer | null;
}

export interface CommandOptions {
  /** The work whose result this is: it must not have been swept meanwhile. */
  readonly attempt?: Attempt;
}

export interface LakeGateway {
  command(
    call: Call,
    request: LakeRequest,
    options?: CommandOptions,
  ): Promise<Result<Answer, Rejection>>;
  /** Plans work and reserves its keys: what a crash leaves behind is swept. */
  open(call: Call, request: WorkRequest): Promise<Result<OpenedWork, Rejection>>;
  /** The work came to nothing and its objects are deleted. */
  abandon(call: Call, attempt_id: string): Promise<void>;
  ask(call: Call, question: LakeQuestion): Promise<Result<Reply, Rejection>>;
}
