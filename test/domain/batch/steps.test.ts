import { describe, expect, it } from "vitest";
import { initialBatch } from "../../../src/domain/batch/batch.ts";
import type {
  RecordQuality,
  ReplayBatch,
  ReplayResult,
} from "../../../src/domain/batch/commands.ts";
import { type BatchContext, decideBatch } from "../../../src/domain/batch/decide.ts";
import type { BatchEvent, Breach } from "../../../src/domain/batch/events.ts";
import { evolveBatch } from "../../../src/domain/batch/evolveBatch.ts";
import { privacyRunId } from "../../../src/domain/ids.ts";
import { deciderSpec } from "../../support/deciderSpec.ts";
import {
  anonymized,
  BATCH,
  batchAppended,
  check,
  contractAfter,
  contractDefined,
  datasetAfter,
  datasetRegistered,
  lakeAt,
  MISFIT,
  MISFIT_REASON,
  objectAt,
  publication,
  published,
  qualityPassed,
  REPLAY,
  run,
  SCHEMA,
} from "../../support/facts.ts";

const usual: BatchContext = {
  lake: lakeAt("standard"),
  dataset: datasetAfter(datasetRegistered()),
  contract: contractAfter(contractDefined()),
};
const given = deciderSpec(
  { decide: decideBatch, evolve: evolveBatch, initialState: initialBatch },
  usual,
);
const appended = (...events: readonly BatchEvent[]) => given(...batchAppended(), ...events);

/** The run of the batch's revision of that number. */
const runAt = (revision: number) =>
  anonymized("clean/2", { run_id: privacyRunId(BATCH, revision) });

const serious: Breach = { column: "amount", rule: ">0", failures: 2, effect: "batch" };
const mild: Breach = { column: "id", rule: "unique", failures: 1, effect: "warn" };
const WARNING = "id unique: 1 rows fail";
const FAILURE = "Quality check failed: amount >0 (2 rows)";
const misfitEvents: readonly BatchEvent[] = [
  {
    type: "SchemaValidationFailed",
    data: { reason: MISFIT_REASON, ...MISFIT, contract_version: 1 },
  },
  { type: "BatchQuarantined", data: { cause: "schema", reason: MISFIT_REASON } },
];

describe("recording a quality check", () => {
  const record = (more: Partial<RecordQuality> = {}): RecordQuality => ({
    type: "RecordQuality",
    batch_id: BATCH,
    check: check(),
    rederived: null,
    ...more,
  });

  it("that passed says so", () => {
    appended().when(record()).then(qualityPassed());
  });

  it("that passed with breaches of warnings carries them", () => {
    const warned = check({ breaches: [mild] });
    appended()
      .when(record({ check: warned }))
      .then({ type: "QualityCheckPassed", data: { ...warned, warnings: [WARNING] } });
  });

  it("that failed puts the batch into quarantine, naming only the serious breaches", () => {
    const failed = check({ passed: false, breaches: [mild, serious] });
    appended()
      .when(record({ check: failed }))
      .then(
        { type: "QualityCheckFailed", data: { ...failed, warnings: [WARNING] } },
        { type: "BatchQuarantined", data: { cause: "quality", reason: FAILURE } },
      );
  });

  it("of an anonymised batch replaces its clean rows by those that passed", () => {
    appended(anonymized())
      .when(record({ rederived: run("clean/2") }))
      .then(qualityPassed(), runAt(4));
  });

  it("never makes a batch anonymised that was not", () => {
    appended()
      .when(record({ rederived: run("clean/2") }))
      .then(qualityPassed());
  });

  it("that failed leaves the clean rows of an anonymised batch as they were", () => {
    const failed = check({ passed: false, breaches: [serious] });
    const events = appended(anonymized())
      .when(record({ check: failed, rederived: run("clean/2") }))
      .events();
    expect(events.map(({ type }) => type)).toEqual(["QualityCheckFailed", "BatchQuarantined"]);
  });
});

describe("recording a privacy run", () => {
  it("makes its object the batch's clean one, also the second time", () => {
    const command = { type: "RecordPrivacy", batch_id: BATCH, run: run("clean/2") } as const;
    appended().when(command).then(runAt(2));
    appended(anonymized()).when(command).then(runAt(3));
  });
});

describe("recording that a file no longer fits", () => {
  it("puts the batch into quarantine, whatever it was", () => {
    const command = { type: "RecordMisfit", batch_id: BATCH, misfit: MISFIT } as const;
    appended()
      .when(command)
      .then(...misfitEvents);
    appended(published())
      .when(command)
      .then(...misfitEvents);
  });
});

describe("exporting a batch", () => {
  const exportAs = (format: "csv" | "parquet") =>
    ({ type: "ExportData", batch_id: BATCH, object: objectAt("csv/1", { format }) }) as const;

  it("adds a format it is not published in yet", () => {
    appended(published())
      .when(exportAs("csv"))
      .then({ type: "DataExported", data: { object: objectAt("csv/1", { format: "csv" }) } });
  });

  it("does nothing for a format it has", () => {
    appended(published()).when(exportAs("parquet")).thenNothing();
    const object = objectAt("csv/0", { format: "csv" });
    appended(published(), { type: "DataExported", data: { object } })
      .when(exportAs("csv"))
      .thenNothing();
  });

  it("is refused before it is published", () => {
    appended(anonymized()).when(exportAs("csv")).thenRejected("batch-not-published", "wrong_state");
  });
});

describe("replaying a batch", () => {
  const replay = (result: ReplayResult): ReplayBatch => ({
    type: "ReplayBatch",
    batch_id: BATCH,
    replay_id: REPLAY,
    result,
  });
  const derived = (
    more: Partial<Extract<ReplayResult, { kind: "derived" }>> = {},
  ): ReplayResult => ({
    kind: "derived",
    rows: 3,
    schema: SCHEMA,
    check: null,
    run: null,
    publication: null,
    ...more,
  });
  const mark: BatchEvent = { type: "BatchReplayed", data: { replay_id: REPLAY } };
  const fits: BatchEvent = { type: "SchemaValidated", data: { schema: SCHEMA } };

  it("that is not checked, anonymised or published only finds that it fits", () => {
    appended().when(replay(derived())).then(mark, fits);
  });

  it("leads an anonymised, published batch through everything again", () => {
    const contract = contractAfter(contractDefined({ quality_rules: { amount: ">0" } }));
    appended(qualityPassed(), anonymized(), published())
      .knowing({ ...usual, contract })
      .when(
        replay(
          derived({
            check: check({ breaches: [mild] }),
            run: run("clean/2"),
            publication: publication("published/2"),
          }),
        ),
      )
      .then(
        mark,
        fits,
        {
          type: "QualityCheckPassed",
          data: { ...check({ breaches: [mild] }), warnings: [WARNING] },
        },
        runAt(6),
        published("published/2"),
      );
  });

  it("publishes nothing that was not published", () => {
    appended(anonymized())
      .when(replay(derived({ run: run("clean/2"), publication: publication("published/2") })))
      .then(mark, fits, runAt(3));
  });

  it("stops at a failed check and puts the batch into quarantine", () => {
    const failed = check({ passed: false, breaches: [serious] });
    appended(anonymized(), published())
      .when(
        replay(
          derived({
            check: failed,
            run: run("clean/2"),
            publication: publication("published/2"),
          }),
        ),
      )
      .then(
        mark,
        fits,
        { type: "QualityCheckFailed", data: { ...failed, warnings: [] } },
        { type: "BatchQuarantined", data: { cause: "quality", reason: FAILURE } },
      );
  });

  it("publishes no personal data in clear when the level was raised since it was planned", () => {
    const clear = replay(derived({ publication: publication("published/2") }));
    const dataset = datasetAfter(datasetRegistered({ contains_pii: true }));
    const raised = { ...usual, dataset, lake: lakeAt("gdpr") };
    appended(published())
      .knowing(raised)
      .when(clear)
      .thenRejected("privacy-run-required", "compliance");
    const [, , again] = appended(published())
      .knowing({ ...usual, dataset })
      .when(clear)
      .events();
    expect(again?.type === "DataPublished" && again.data.warnings).toHaveLength(1);
    appended(published())
      .knowing({ ...usual, dataset: datasetAfter() })
      .when(clear)
      .thenRejected("batch-not-found");
    const treated = derived({ run: run("clean/2"), publication: publication("published/2") });
    appended(anonymized(), published())
      .knowing(raised)
      .when(replay(treated))
      .then(mark, fits, runAt(4), published("published/2"));
  });

  it("puts a batch that no longer fits into quarantine", () => {
    appended(published())
      .when(replay({ kind: "misfit", misfit: MISFIT }))
      .then(mark, ...misfitEvents);
  });
});
