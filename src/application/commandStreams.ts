/** Which stream a command is mainly about: the one that its answer shows and `If-Match` means. */
import type { StreamName } from "../domain/ids.ts";
import type { Command } from "./commands.ts";

/** The stream that a command is mainly about: what `If-Match` and `ETag` refer to. */
export const primaryStream = (command: Command): StreamName => {
  switch (command.type) {
    case "CreateDataLake":
    case "ChangeComplianceLevel":
    case "ChangeLakeLocality":
    case "NoteRestore":
    case "NoteKeyRewrapped":
      return "lake";
    case "RegisterDataset":
      return `dataset/${command.name}`;
    case "IngestDataset":
      return `dataset/${command.dataset_id}`;
    case "ActivateDatasetVersion":
    case "DeprecateDataset":
    case "AmendDataset":
    case "GrantConsumptions":
      return `dataset/${command.dataset}`;
    case "CreateContract":
    case "UpdateContract":
    case "ApproveContract":
    case "RevokeApproval":
    case "DeclineContract":
    case "DeprecateContract":
      return `contract/${command.contract_id}`;
    case "AuditAccess":
    case "AuditAccesses":
    case "GenerateSignedUrl":
    case "RevealSealed":
      return "access";
    case "RequestReplay":
    case "NoteReplayProgress":
    case "CompleteReplay":
    case "CancelReplay":
      return `replay/${command.replay_id}`;
    case "RequestGDPRDeletion":
    case "ExtendDeletion":
    case "RejectDeletion":
    case "HoldDeletion":
    case "ReleaseDeletionHold":
    case "NoteDeletionIdentity":
    case "NoteDeletionDue":
    case "NoteDeletionApproaching":
    case "NoteHoldEnd":
    case "ExecuteDeletion":
    case "NoteErasureStep":
    case "CompleteErasure":
    case "FailErasure":
    case "NoteWithholdingEnd":
    case "ReapplyErasure":
      return `deletion/${command.deletion_id}`;
    case "WatchFreshness":
      return `freshness/${command.contract_id}`;
    case "RegisterWebhook":
    case "RemoveWebhook":
      return `webhook/${command.webhook_id}`;
    case "GrantMember":
    case "RevokeMember":
    case "ReapplyRevocation":
      return `member/${command.subject}`;
    case "IssueToken":
    case "RevokeToken":
    case "NoteTokenUse":
      return `token/${command.token_id}`;
    case "RequestSubjectAccess":
    case "RecordAccessStep":
    case "NoteAccessDue":
    case "NoteAccessApproaching":
    case "ExpireSubjectAccess":
    case "EraseSubjectAccess":
    case "ExtendSubjectAccess":
    case "RejectSubjectAccess":
      return `subject-access/${command.subject_access_id}`;
    default:
      return `batch/${command.batch_id}`;
  }
};
