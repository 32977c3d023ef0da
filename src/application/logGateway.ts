/**
 * The lake's log as those talk to it who send no commands: who verifies it, who follows it as it
 * grows, and who brings one from elsewhere.
 */
import type { Result } from "../domain/decider.ts";
import type { Rejection } from "../domain/rejection.ts";
import type { ListenRequest } from "./eventStream.ts";
import type { ImportRequest, ImportState } from "./importLog.ts";
import type { Call } from "./lakeGateway.ts";
import type { SignedQuestion, SignedReply } from "./prove.ts";

/** The lake as those who verify it talk to it. */
export interface LakeProver {
  /** Asks about the log as a Merkle tree, or for the certificate of an erasure. */
  prove(call: Call, question: SignedQuestion): Promise<Result<SignedReply, Rejection>>;
}

/** The lake as those who follow it talk to it. */
export interface LakeListener {
  /** Events as they are recorded, as bytes of `text/event-stream`; cancelled by the reader. */
  listen(
    call: Call,
    request: ListenRequest,
  ): Promise<Result<ReadableStream<Uint8Array>, Rejection>>;
}

/** The lake as it is when its log comes from elsewhere. */
export interface LakeImporter {
  /** See `LogImport`; a lake that nobody created answers too. */
  importLog(call: Call, request: ImportRequest): Promise<Result<ImportState, Rejection>>;
}
