/** The heavy steps in the life of a batch, one function a route. */
import { invariant, ok } from "../../domain/decider.ts";
import { reject } from "../../domain/rejection.ts";
import type { Refined, RefineInput } from "../dataPorts.ts";
import type { Call, LakeRequest, LongRequest, WorkRequest } from "../lakeGateway.ts";
import { landingKey } from "../objectKeys.ts";
import type { WorkPlan } from "../workPlan.ts";
import { applyPrivacy, type Body, check, publish, TOO_MUCH_AT_ONCE, takeOver } from "./passes.ts";
import { handOut, unlessRestricted } from "./restricted.ts";
import {
  hasEvents,
  NO_ANSWER,
  type Outcome,
  perform,
  refineInput,
  type Workshop,
} from "./workshop.ts";

/** Rows a dry run shows. */
const PREVIEW_ROWS = 5;

/** Does it while the request waits, or begins it as long work when the file is too large. */
const performOrBegin = (shop: Workshop, call: Call, request: LongRequest, body: Body): Outcome =>
  perform(shop, call, request, async (plan, record, data) =>
    plan.kind === "background"
      ? shop.lake.command(call, { type: "StartWork", request })
      : body(plan, record, data),
  );

/** POST /append-batch. Rejects with `not_found`, `not_a_table` or `too_large` besides. */
export const appendBatch = async (
  shop: Workshop,
  call: Call,
  append: Extract<WorkRequest, { kind: "append" }>,
): Outcome => {
  const landed = await shop.store.head(landingKey(call.lake_id, append.file_url));
  const request = landed ? { ...append, landed_bytes: landed.size_bytes } : append;
  const { kind: _, landed_bytes: __, unpacks_beyond: ___, ...about } = append;
  const taken = await performOrBegin(shop, call, request, takeOver(about));
  if (taken.ok || taken.error.code !== TOO_MUCH_AT_ONCE) return taken;
  const whole = { ...request, unpacks_beyond: true };
  return shop.lake.command(call, { type: "StartWork", request: whole });
};

/** POST /run-dq. */
export const checkQuality = (
  shop: Workshop,
  call: Call,
  request: Extract<WorkRequest, { kind: "quality" }>,
): Outcome => performOrBegin(shop, call, request, check);

/** POST /run-privacy. A dry run writes and changes nothing; that rows were shown is recorded. */
export const anonymize = (
  shop: Workshop,
  call: Call,
  request: Extract<WorkRequest, { kind: "privacy" }>,
): Outcome =>
  request.dry_run
    ? perform(shop, call, request, async (plan, _, data) => {
        invariant(plan.kind === "privacy", "a dry run is planned as a privacy run");
        const hidden_columns = plan.suspected_columns;
        // Rule by rule, chosen freely, a value could be spelled out of what it comes to.
        const hidden_after = plan.overruled_columns;
        const preview = { preview_rows: PREVIEW_ROWS, hidden_columns, hidden_after };
        const refined = await data.refine(dryRunInput(plan, preview));
        if (refined.ok) return showPreview(shop, call, plan, refined.value);
        return reject(
          "invalid",
          "does-not-fit",
          `Batch ${request.batch_id} does not fit its contract's schema: ${refined.error.issues[0]?.message}.`,
        );
      })
    : performOrBegin(shop, call, request, applyPrivacy);

type PrivacyPlan = Extract<WorkPlan, { kind: "privacy" }>;

/** Of a sample nothing can be said that rests on all rows: what is unique, or how many there are. */
const dryRunInput = (
  { refine, sample_rows }: PrivacyPlan,
  preview: Parameters<typeof refineInput>[1],
): RefineInput => {
  const input = refineInput(refine, preview);
  if (sample_rows === null) return input;
  const quality = input.quality.filter(({ kind }) => kind !== "unique");
  return { ...input, quality, at_most_rows: sample_rows };
};

/** Values that no strategy touches are shown in clear: an access, recorded before it is given. */
const showPreview = async (
  shop: Workshop,
  call: Call,
  { refine: { dataset, batch_id, source }, sample_rows }: PrivacyPlan,
  { privacy, quality, preview }: Refined,
): Outcome => {
  const sample = sample_rows === null ? null : { rows: quality.rows, of_rows: source.rows };
  const shown = { dry_run: true, report: privacy, preview, sample };
  const message = sample
    ? `Dry run over the first ${sample.rows} of ${sample.of_rows} rows, because the file is large: ` +
      "the batch was not changed."
    : "Dry run: the batch was not changed.";
  if (preview.length === 0) {
    return ok({ ...NO_ANSWER, body: { message, events: [], warnings: [], ...shown } });
  }
  const purpose = `dry run of a privacy run on batch ${batch_id}`;
  const accessor_id = call.actor;
  const unrestricted = await unlessRestricted(shop, call, { batch_id, accessor_id, purpose });
  if (!unrestricted.ok) return unrestricted;
  const audited = await shop.lake.command(
    { ...call, idempotency: null, if_match: null },
    { type: "AuditAccess", accessor_id, dataset_id: dataset, action: "read", purpose },
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
  performOrBegin(shop, call, request, async (plan, record, data) => {
    if (plan.kind === "keep_back") return record({ type: "KeepBack", batch_id: plan.batch_id });
    if (plan.kind !== "nothing") return publish(plan, record, data);
    // Published already: the decision says so, whatever the publication would be.
    const nothing = { objects: [], schema: {}, rows: 0 };
    const publication = { ...nothing, suppressed_rows: 0, k_anonymity: null, newest: {} };
    const { batch_id } = request;
    return record({ type: "PublishData", batch_id, publication, run: null });
  });

/** POST /consume-batch: makes the format when it is first asked for, then grants access to it. */
export const consumeBatch = async (
  shop: Workshop,
  call: Call,
  request: Extract<LakeRequest, { type: "Consume" }>,
): Outcome => {
  const exported = await exportFormat(shop, call, request);
  // Somebody else may have made it meanwhile; what counts is whether it can be granted now.
  if (!exported.ok && exported.error.code !== "changed-meanwhile") return exported;
  // The export is an event of the batch: the version the client saw has moved by it.
  const moved = exported.ok && call.if_match !== null && hasEvents(exported.value);
  const if_match = moved ? exported.value.version : call.if_match;
  return handOut(shop, { ...call, if_match }, request);
};

/**
 * Makes the format of a published batch, when it is not there and the batch may be handed out. The key
 * is for the grant alone, and so is the answer kept under it.
 */
export const exportFormat = (
  shop: Workshop,
  call: Call,
  { batch_id, format, consumer }: Omit<Extract<WorkRequest, { kind: "export" }>, "kind">,
): Outcome =>
  perform(
    shop,
    call,
    { kind: "export", batch_id, format, consumer },
    async (plan, record, data) => {
      if (plan.kind !== "export") return ok(NO_ANSWER);
      const object = await data.exportCsv(plan.source, plan.schema, plan.target);
      return record({ type: "ExportData", batch_id, object });
    },
    { ...call, idempotency: null },
  );
