/** The heavy steps in the life of a batch, one function a route. */
import { invariant, ok } from "../../domain/decider.ts";
import { reject } from "../../domain/rejection.ts";
import type { Refined } from "../dataPorts.ts";
import type { Call, LakeRequest, RefinePlan, WorkRequest } from "../lakeGateway.ts";
import {
  checkOf,
  hasEvents,
  NO_ANSWER,
  type Outcome,
  perform,
  publicationOf,
  recordMisfit,
  refineInput,
  runOf,
  type Workshop,
} from "./workshop.ts";

/** Rows a dry run shows. */
const PREVIEW_ROWS = 5;

/** POST /append-batch. Rejects with `not_found`, `not_a_table` or `too_large` besides. */
export const appendBatch = (
  shop: Workshop,
  call: Call,
  request: Extract<WorkRequest, { kind: "append" }>,
): Outcome =>
  perform(shop, call, request, async (plan, record, data) => {
    invariant(plan.kind === "append", "an append is planned as one");
    const { source, target, schema } = plan;
    const taken = await data.take({ source, target, format: request.format, schema });
    switch (taken.kind) {
      case "missing":
        return reject(
          "not_found",
          "file-not-found",
          `No file was uploaded as ${request.file_url}; get an upload_url from POST /upload-url.`,
        );
      case "not_a_table":
        return reject(
          "not_a_table",
          "not-a-table",
          `${request.file_url} is no ${request.format} table: ${taken.reason}.`,
        );
      case "too_large":
        return reject(
          "too_large",
          "file-too-large",
          `${request.file_url} is larger than the ${taken.limit_bytes} bytes a file may have.`,
        );
      default: {
        const { kind: _, ...appended } = request;
        const { object, issues, issue_count, unexpected_columns } = taken;
        const misfit = issue_count > 0 ? { issues, issue_count } : null;
        return record({
          type: "AppendData",
          ...appended,
          taken: { object, misfit, unexpected_columns },
        });
      }
    }
  });

/** POST /run-dq. */
export const checkQuality = (
  shop: Workshop,
  call: Call,
  request: Extract<WorkRequest, { kind: "quality" }>,
): Outcome =>
  perform(shop, call, request, async (plan, record, data) => {
    invariant(plan.kind === "quality", "a check is planned as one");
    const { refine, quarantine_key, check_source, rederive } = plan;
    const { batch_id } = request;
    const refined = await data.refine(refineInput(refine, { quarantine_key }));
    if (!refined.ok) return recordMisfit(record, batch_id, refined.error);
    const check = checkOf({ source: check_source, rules: refine.quality_rules }, refined.value);
    if (!check.passed || rederive === null) {
      return record({ type: "RecordQuality", batch_id, check, rederived: null });
    }
    const { clean_key, requested_privacy } = rederive;
    const again = await data.refine(refineInput(rederive.refine, { clean_key }));
    if (!again.ok) return recordMisfit(record, batch_id, again.error);
    const rederived = runOf(rederive.refine, requested_privacy, again.value);
    return record({ type: "RecordQuality", batch_id, check, rederived });
  });

/** POST /run-privacy. A dry run writes and changes nothing; that rows were shown is recorded. */
export const anonymize = (
  shop: Workshop,
  call: Call,
  request: Extract<WorkRequest, { kind: "privacy" }>,
): Outcome =>
  perform(shop, call, request, async (plan, record, data) => {
    invariant(plan.kind === "privacy", "a privacy run is planned as one");
    const { clean_key } = plan;
    const outputs = request.dry_run ? { preview_rows: PREVIEW_ROWS } : { clean_key };
    const refined = await data.refine(refineInput(plan.refine, outputs));
    const { batch_id } = request;
    if (!refined.ok) {
      if (!request.dry_run) return recordMisfit(record, batch_id, refined.error);
      return reject(
        "invalid",
        "does-not-fit",
        `Batch ${batch_id} does not fit its contract's schema: ${refined.error.issues[0]?.message}.`,
      );
    }
    if (request.dry_run) return showPreview(shop, call, plan.refine, refined.value);
    const run = runOf(plan.refine, plan.requested_privacy, refined.value);
    invariant(run !== null, "a privacy run writes an object");
    return record({ type: "RecordPrivacy", batch_id, run });
  });

/** Values that no strategy touches are shown in clear: an access, recorded before it is given. */
const showPreview = async (
  { lake }: Workshop,
  call: Call,
  { dataset, batch_id }: RefinePlan,
  { privacy, preview }: Refined,
): Outcome => {
  const shown = { dry_run: true, report: privacy, preview };
  const message = "Dry run: the batch was not changed.";
  if (preview.length === 0) {
    return ok({ ...NO_ANSWER, body: { message, events: [], warnings: [], ...shown } });
  }
  const audited = await lake.command(
    { ...call, idempotency: null, if_match: null },
    {
      type: "AuditAccess",
      accessor_id: call.actor,
      dataset_id: dataset,
      action: "read",
      purpose: `dry run of a privacy run on batch ${batch_id}`,
    },
  );
  if (!audited.ok) return audited;
  const { events, warnings } = audited.value.body;
  return ok({ ...NO_ANSWER, body: { message, events, warnings, ...shown } });
};

/** POST /publish-batch. */
export const publishBatch = (
  shop: Workshop,
  call: Call,
  request: Extract<WorkRequest, { kind: "publish" }>,
): Outcome =>
  perform(shop, call, request, async (plan, record, data) => {
    const { batch_id } = request;
    if (plan.kind === "nothing") {
      // Published already: the decision says so, whatever the publication would be.
      const publication = { objects: [], schema: {}, rows: 0 };
      return record({ type: "PublishData", batch_id, publication, run: null });
    }
    invariant(plan.kind === "publish", "a publication is planned as one");
    const { from, published_key, clean_key } = plan;
    if ("copy" in from) {
      const object = await data.copy(from.copy, published_key);
      const publication = publicationOf(object, from.schema);
      return record({ type: "PublishData", batch_id, publication, run: null });
    }
    const written = clean_key ?? published_key;
    const refined = await data.refine(refineInput(from, { clean_key: written }));
    if (!refined.ok) return recordMisfit(record, batch_id, refined.error);
    const { clean, clean_schema } = refined.value;
    invariant(clean !== undefined, "a publication writes an object");
    const object = clean_key === null ? clean : await data.copy(clean, published_key);
    return record({
      type: "PublishData",
      batch_id,
      publication: publicationOf(object, clean_schema),
      run: clean_key === null ? null : runOf(from, {}, refined.value),
    });
  });

/** POST /consume-batch: makes the format when it is first asked for, then grants access to it. */
export const consumeBatch = async (
  shop: Workshop,
  call: Call,
  request: Extract<LakeRequest, { type: "Consume" }>,
): Outcome => {
  const { batch_id, format } = request;
  // The key is for the grant alone, and so is the answer kept under it.
  const exported = await perform(
    shop,
    call,
    { kind: "export", batch_id, format },
    async (plan, record, data) => {
      if (plan.kind !== "export") return ok(NO_ANSWER);
      const object = await data.exportCsv(plan.source, plan.schema, plan.target);
      return record({ type: "ExportData", batch_id, object });
    },
    { ...call, idempotency: null },
  );
  // Somebody else may have made it meanwhile; what counts is whether it can be granted now.
  if (!exported.ok && exported.error.code !== "changed-meanwhile") return exported;
  // The export is an event of the batch: the version the client saw has moved by it.
  const moved = exported.ok && call.if_match !== null && hasEvents(exported.value);
  const if_match = moved ? exported.value.version : call.if_match;
  return shop.lake.command({ ...call, if_match }, request);
};
