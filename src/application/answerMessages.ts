/** What an answer says in a sentence about what a command did: for a person who reads it. */
import type { Command } from "./commands.ts";
import type { StoredEvent } from "./ports.ts";

/** Whether an append brought its batch into being, or a new file to one that was there. */
export const isNew = (events: readonly StoredEvent[]): boolean => events[0]?.data.revision === 1;

/** The privacy run an answer is about: `proposed` while it awaits approval, else `applied`. */
export const runOf = ([event]: readonly StoredEvent[]) => {
  if (event === undefined) return null;
  const status = event.type === "PrivacyRunProposed" ? "proposed" : "applied";
  return { run_id: event.data.run_id, status };
};

/** Asked twice, they answer what was asked for first. */
const ANSWERS_THE_OPEN_ONE: ReadonlySet<Command["type"]> = new Set([
  "RequestGDPRDeletion",
  "RequestSubjectAccess",
]);

/** One sentence, or two; no personal data. */
export const messageOf = (command: Command, events: readonly StoredEvent[]): string => {
  if (command.type === "GrantConsumptions" && command.grants.length === 0)
    return `There is nothing to hand out of dataset ${command.dataset}.`;
  if (events.length === 0 && !ANSWERS_THE_OPEN_ONE.has(command.type))
    return "Nothing to do: it is so already.";
  switch (command.type) {
    case "CreateDataLake":
      return `Lake ${command.lake_id} created at level ${command.compliance_level}.`;
    case "ChangeComplianceLevel":
      return `Compliance level raised to ${command.compliance_level}.`;
    case "ChangeLakeLocality":
      return (
        `The lake's ${Object.keys(events[0]?.data ?? {}).join(" and ")} changed: deadlines of requests ` +
        "made from now on count by it, earlier ones stay as they were given."
      );
    case "NoteRestore":
      return `The log was restored: it had ${command.lost.lost_size} events before.`;
    case "NoteKeyRewrapped":
      return "The lake's key is wrapped under the present root secret.";
    case "RegisterDataset":
      return `Dataset ${command.name} registered.`;
    case "IngestDataset":
      return `Ingestion of ${command.record_count} records into ${command.dataset_id} recorded.`;
    case "ActivateDatasetVersion":
      return `Schema version ${command.version} of dataset ${command.dataset} is active.`;
    case "DeprecateDataset":
      return `Dataset ${command.dataset} deprecated.`;
    case "AmendDataset":
      return `Dataset ${command.dataset} amended: ${Object.keys(events[0]?.data ?? {}).join(", ")}.`;
    case "CreateContract":
      return `Contract ${command.contract_id} defined for dataset ${command.dataset}.`;
    case "UpdateContract":
      return `Contract ${command.contract_id} updated.`;
    case "ApproveContract":
      return `Contract ${command.contract_id} approved.`;
    case "RevokeApproval":
      return `Contract ${command.contract_id} is to be approved by somebody else.`;
    case "DeclineContract":
      return `Contract ${command.contract_id} declined.`;
    case "DeprecateContract":
      return (
        `Contract ${command.contract_id} deprecated: nothing is appended under it any more, and what ` +
        "was goes on under it."
      );
    case "AppendData": {
      const { batch_id, taken } = command;
      const how = isNew(events) ? "appended" : "appended anew and out of quarantine";
      return `Batch ${batch_id} ${how}: ${taken.object.rows} rows, every cell checked.`;
    }
    case "RecordQuality": {
      const { passed, report } = command.check;
      return passed
        ? `Quality check passed: ${report.passed_rows} of ${report.rows} rows fail no rule.`
        : `Quality check failed: batch ${command.batch_id} is in quarantine.`;
    }
    case "RecordPrivacy": {
      const run = runOf(events);
      if (run?.status === "proposed") {
        return (
          `Privacy run ${run.run_id} over ${command.run.report.rows} rows awaits approval: ` +
          `POST /run-privacy/${run.run_id}/approve.`
        );
      }
      return `Batch ${command.batch_id} anonymised: ${command.run.report.rows} rows.`;
    }
    case "ApprovePrivacyRun":
      return `Privacy run ${command.run_id} approved: batch ${command.batch_id} is anonymised.`;
    case "RejectPrivacyRun":
      return `Privacy run ${command.run_id} rejected.`;
    case "RollBackPrivacyRun":
      return `Privacy run ${command.run_id} rolled back: batch ${command.batch_id} is as appended.`;
    case "RecordMisfit":
      return `Batch ${command.batch_id} no longer fits its contract's schema.`;
    case "QuarantineBatch":
      return `Batch ${command.batch_id} is in quarantine.`;
    case "ReleaseQuarantine":
      return events.some(({ type }) => type === "BatchQuarantined")
        ? `Batch ${command.batch_id} stays in quarantine for another reason: release it once more.`
        : `Batch ${command.batch_id} released from quarantine.`;
    case "FreezeRetention":
      return `Batch ${command.batch_id} is kept past its retention.`;
    case "ExpireNow":
      return `Batch ${command.batch_id} is ended before its retention: its objects are deleted.`;
    case "RefuseHandOut":
      return `Nothing of batch ${command.batch_id} was handed out to ${command.accessor_id}.`;
    case "ExpireBatch":
      return `Batch ${command.batch_id} has expired.`;
    case "PublishData":
      return `Batch ${command.batch_id} published: ${command.publication.rows} rows.`;
    case "KeepBack":
      return (
        `Batch ${command.batch_id} is in quarantine and not published: ` +
        `${events.find(({ type }) => type === "BatchQuarantined")?.data.reason}. POST ` +
        "/release-batch with the reason why it may go on, or have its contract protect them."
      );
    case "ExportData":
      return `Batch ${command.batch_id} is available as ${command.object.format}.`;
    case "GrantConsumption":
      return `Access to batch ${command.batch_id} granted to ${command.consumer} and recorded.`;
    case "GrantConsumptions": {
      const { length } = command.grants;
      const batches = length === 1 ? "1 batch" : `${length} batches`;
      return (
        `Access to ${batches} of dataset ${command.dataset} granted to ${command.consumer} ` +
        "and recorded."
      );
    }
    case "StartWork":
      return (
        `The file of batch ${command.batch_id} is large: this goes on in the background, ` +
        `GET /batches/${command.batch_id} shows how far it is.`
      );
    case "RecordStep":
      return `Work on batch ${command.batch_id} is one step further: ${command.step}.`;
    case "FinishWork":
      return `Work on batch ${command.batch_id} is complete.`;
    case "FailWork":
      return `Work on batch ${command.batch_id} has failed: ${command.reason}`;
    case "CancelWork":
      return `What was under way on batch ${command.batch_id} is cancelled: it is what it was.`;
    case "DropDerivation":
      return `What replay ${command.replay_id} has derived of batch ${command.batch_id} is given up.`;
    case "CancelReplay":
      return `Replay ${command.replay_id} is cancelled: every batch is what it was.`;
    case "DeriveBatch":
      return `Batch ${command.batch_id} derived for replay ${command.replay_id}.`;
    case "ReplayBatch":
      return `Batch ${command.batch_id} replayed.`;
    case "RequestReplay":
      return `Replay of ${command.batch_ids.length} batches of dataset ${command.dataset} requested.`;
    case "CompleteReplay":
      return events.some(({ type }) => type === "ReplayCompleted")
        ? `Replay ${command.replay_id} is complete: its batches are switched.`
        : `Replay ${command.replay_id} derives once more what has changed meanwhile.`;
    case "NoteReplayProgress":
      return `Batch ${command.batch_id} noted in replay ${command.replay_id}.`;
    case "RequestGDPRDeletion":
      return events.length === 0
        ? "A deletion request for this person is open already; this is the open one."
        : `Deletion request ${command.deletion_id} recorded.`;
    case "ExtendDeletion":
      return (
        `Deletion request ${command.deletion_id} extended by two months. Tell the person why ` +
        "within one month of receipt (Art. 12(3) GDPR)."
      );
    case "RejectDeletion":
      return (
        `Deletion request ${command.deletion_id} rejected. Tell the person why, and that they may ` +
        "complain to a supervisory authority and go to court (Art. 12(4) GDPR)."
      );
    case "HoldDeletion":
      return (
        `Deletion request ${command.deletion_id} is on hold` +
        `${command.until === null ? "" : ` until ${command.until}`}. Its deadline runs on.`
      );
    case "ReleaseDeletionHold":
      return `Deletion request ${command.deletion_id} goes on.`;
    case "NoteDeletionIdentity":
      return command.verified
        ? `It is confirmed who asks in deletion request ${command.deletion_id}.`
        : `Proof of who asks in deletion request ${command.deletion_id} was asked for ` +
            "(Art. 12(6) GDPR). Its deadline runs on.";
    case "NoteDeletionApproaching":
      return `The deadline of deletion request ${command.deletion_id} is near.`;
    case "NoteHoldEnd":
      return `The hold of deletion request ${command.deletion_id} is over.`;
    case "NoteDeletionDue":
      return `Deletion request ${command.deletion_id} is overdue.`;
    case "WatchFreshness":
      return `Freshness under contract ${command.contract_id} looked at.`;
    case "ExecuteDeletion":
      return (
        `Deletion request ${command.deletion_id} is being carried out: ` +
        `GET /deletions/${command.deletion_id} shows how far it is.`
      );
    case "NoteErasureStep":
      return `Deletion request ${command.deletion_id} is one step further.`;
    case "CompleteErasure":
      return `Deletion request ${command.deletion_id} is carried out.`;
    case "FailErasure":
      return `Deletion request ${command.deletion_id} has failed: ${command.failure}`;
    case "NoteWithholdingEnd":
      return `What deletion request ${command.deletion_id} withheld is erased now.`;
    case "ReapplyErasure":
      return `Deletion request ${command.deletion_id} is carried out again after a restore.`;
    case "RebindBatch":
      return `Batch ${command.batch_id} is what an erasure before the restore had made of it.`;
    case "RedactBatch":
      return `Batch ${command.batch_id} is ${command.result.kind}.`;
    case "RegisterWebhook":
      return `Webhook ${command.webhook_id} registered. Its secret is shown this once.`;
    case "RemoveWebhook":
      return `Webhook ${command.webhook_id} removed.`;
    case "GrantMember":
      return `Member granted: ${command.roles.join(", ")}.`;
    case "ReapplyRevocation":
      return "Roles that a restore had brought back were taken again.";
    case "RevokeMember":
      return "Member revoked, and with the member the tokens they issued.";
    case "IssueToken":
      return `Token ${command.token_id} issued. It is shown this once.`;
    case "RevokeToken":
      return `Token ${command.token_id} revoked.`;
    case "NoteTokenUse":
      return `Token ${command.token_id} was used.`;
    case "RequestSubjectAccess": {
      const { subject_access_id: id } = command;
      const what =
        events.length === 0
          ? "A request for access by this person is under way already; this is that one."
          : `Request for access ${id} recorded: what the lake holds is being collected.`;
      return `${what} GET /subject-access/${id} shows how far it is and, then, where the file is.`;
    }
    case "RecordAccessStep":
      return `Request for access ${command.subject_access_id} is one step further.`;
    case "NoteAccessDue":
      return `Request for access ${command.subject_access_id} is overdue.`;
    case "NoteAccessApproaching":
      return `The deadline of request for access ${command.subject_access_id} is near.`;
    case "ExpireSubjectAccess":
      return `The file of request for access ${command.subject_access_id} has expired.`;
    case "ExtendSubjectAccess":
      return (
        `Request for access ${command.subject_access_id} extended by two months. Tell the person ` +
        "why within one month of receipt (Art. 12(3) GDPR)."
      );
    case "RejectSubjectAccess":
      return (
        `Request for access ${command.subject_access_id} rejected. Tell the person why, and that ` +
        "they may complain to a supervisory authority and go to court (Art. 12(4) GDPR)."
      );
    case "EraseSubjectAccess":
      return `The file of request for access ${command.subject_access_id} is erased.`;
    case "AuditAccess":
      return `Access of ${command.accessor_id} to ${command.dataset_id} recorded.`;
    case "AuditAccesses":
      return `${command.entries.length} accesses recorded.`;
    case "GenerateSignedUrl":
      return command.method === "PUT"
        ? `Upload ${command.filename} with a PUT to upload_url before it expires.`
        : `Access to ${command.filename} recorded.`;
    case "RevealSealed":
      return "Access to sealed fields recorded.";
    default: {
      const unknown: never = command;
      throw new Error(`no message for ${JSON.stringify(unknown)}`);
    }
  }
};
