/**
 * Every entrance through which a person's data gets into a lake, each with a batch, a file or a
 * request of its own, taken as far as it goes. `leaves` says where the canary must be found before
 * the erasure: an entrance that leaves nothing to be found would prove nothing.
 */
import type { LakeClient } from "./client.ts";
import { csv, jsonl, parquet, rowsWith, SCHEMA, zipped } from "./files.ts";
import type { Hit } from "./scan.ts";

export interface Planted {
  readonly subject: string;
  /** Where notifications go. */
  readonly receiver: string;
}

export interface Entrance {
  readonly name: string;
  plant(lake: LakeClient, planted: Planted): Promise<void>;
  /** Whether the canary was found where this entrance put it. Null: it is to leave nothing. */
  readonly leaves: ((hits: readonly Hit[], lake_id: string) => boolean) | null;
}

const at =
  (...parts: readonly string[]) =>
  (hits: readonly Hit[], lake_id: string): boolean =>
    parts.every((part) => hits.some(({ place }) => place.includes(`lakes/${lake_id}/${part}`)));

interface Dataset {
  readonly encrypted?: boolean;
  readonly privacy?: Readonly<Record<string, unknown>>;
  readonly quality?: Readonly<Record<string, unknown>>;
}

/** A dataset of that name, a contract for it, and a file appended to it. */
const appended = async (
  lake: LakeClient,
  name: string,
  file: { readonly ending: string; readonly bytes: string | Uint8Array },
  { encrypted = false, privacy = { note: "redact" }, quality = {} }: Dataset = {},
  status: readonly number[] = [201, 202],
): Promise<void> => {
  await lake.post("/datasets", {
    name,
    schema: SCHEMA,
    contains_pii: true,
    subject_column: "person",
    encryption_enabled: encrypted,
  });
  const terms = { retention_days: 365, privacy_rules: privacy, quality_rules: quality };
  await lake.post("/contracts", { contract_id: name, dataset: name, ...terms });
  await append(lake, name, file, status);
};

const append = async (
  lake: LakeClient,
  name: string,
  { ending, bytes }: { readonly ending: string; readonly bytes: string | Uint8Array },
  status: readonly number[] = [201, 202],
): Promise<void> => {
  const file_url = `${name}.${ending}`;
  await lake.upload(file_url, bytes);
  const body = { dataset: name, contract_id: name, batch_id: name, file_url };
  await lake.post("/append-batch", body, { status });
  await idle(lake, name);
};

/** Long work goes on after the answer. */
const idle = (lake: LakeClient, batch: string) =>
  lake.until(`/batches/${batch}`, ({ work }) => {
    const { state, reason } = (work ?? {}) as { state?: string; reason?: string };
    if (state === "failed") throw new Error(`work on ${batch} failed: ${reason}`);
    return state !== "running";
  });

/** Checked, anonymised, published and read in both formats. */
const published = async (lake: LakeClient, batch_id: string): Promise<void> => {
  for (const route of ["/run-dq", "/run-privacy", "/publish-batch"]) {
    await lake.post(route, { batch_id });
    await idle(lake, batch_id);
  }
  for (const format of ["parquet", "csv"]) {
    const consumed = await lake.post("/consume-batch", { batch_id, consumer: "alice", format });
    await lake.download(consumed.download_url);
  }
};

/** An Idempotency-Key has no blank. */
const keyOf = (what: string, subject: string) => `${what}/${encodeURIComponent(subject)}`;

const text = (bytes: string) => ({ ending: "csv", bytes });

/** Long work begins at this size when a server is started for the canary. */
export const SMALL_LIMITS = { SYNC_LIMIT_BYTES: "16384", SEGMENT_BYTES: "8192" };
const LARGE_ROWS = 1_000;

const FILES: readonly Entrance[] = [
  {
    name: "CSV, published with the column as it is",
    async plant(lake, { subject }) {
      await appended(lake, "csv", text(csv(rowsWith(subject))));
      await published(lake, "csv");
    },
    leaves: at("batches/csv/1/raw", "landing/csv.csv", "published/csv", "batches/csv/"),
  },
  {
    name: "JSON Lines, published under a hash",
    async plant(lake, { subject }) {
      const file = { ending: "jsonl", bytes: jsonl(rowsWith(subject)) };
      await appended(lake, "jsonl", file, { privacy: { person: "hash", note: "redact" } });
      await published(lake, "jsonl");
    },
    leaves: at("batches/jsonl/1/raw", "landing/jsonl.jsonl"),
  },
  {
    name: "Parquet in Snappy, published under a token",
    async plant(lake, { subject }) {
      const file = { ending: "parquet", bytes: parquet(rowsWith(subject)) };
      await appended(lake, "parquet", file, { privacy: { person: "tokenize", note: "keep" } });
      await published(lake, "parquet");
    },
    leaves: at("batches/parquet/1/raw", "landing/parquet.parquet", "published/parquet"),
  },
  {
    name: "gzip, published masked",
    async plant(lake, { subject }) {
      const file = { ending: "csv.gz", bytes: zipped(rowsWith(subject)) };
      await appended(lake, "zipped", file, { privacy: { person: "mask", note: "keep" } });
      await published(lake, "zipped");
    },
    leaves: at("batches/zipped/1/raw", "landing/zipped.csv.gz", "published/zipped"),
  },
  {
    name: "rows in quarantine",
    async plant(lake, { subject }) {
      const quality = { note: { rule: "in:nothing", on_fail: "quarantine_rows" } };
      await appended(lake, "rejected", text(csv(rowsWith(subject))), { quality });
      await lake.post("/run-dq", { batch_id: "rejected" });
      const { download_url } = await lake.get("/batches/rejected/quarantine");
      await lake.download(download_url);
    },
    leaves: at("batches/rejected/1/raw", "batches/rejected/2/quarantine"),
  },
  {
    name: "a file that fits no schema",
    async plant(lake, { subject }) {
      const bytes = csv(rowsWith(subject), "who,amount,remark");
      await appended(lake, "misfit", text(bytes), {}, [422]);
    },
    leaves: at("batches/misfit/1/raw", "landing/misfit.csv"),
  },
  {
    name: "a file that begins with a row of theirs instead of a header, and its answer given again",
    async plant(lake, { subject }) {
      const bytes = csv(rowsWith(subject), `${subject},7,"by ${subject}"`);
      await appended(lake, "headless", text(bytes), {}, [422]);
      const about = { dataset: "headless", contract_id: "headless", file_url: "headless.csv" };
      const body = { ...about, batch_id: "headless-again" };
      for (let times = 0; times < 2; times += 1) {
        await lake.post("/append-batch", body, { key: keyOf("append", subject), status: [422] });
      }
    },
    leaves: at("batches/headless/1/raw", "batches/headless-again/1/raw", "landing/headless.csv"),
  },
  {
    name: "a file that another one has replaced",
    async plant(lake, { subject }) {
      const bad = rowsWith(subject).map((row) => ({ ...row, amount: 0.5 }));
      await appended(lake, "corrected", text(csv(bad)), {}, [422]);
      await append(lake, "corrected", text(csv(rowsWith(subject))), [200]);
      await published(lake, "corrected");
    },
    leaves: at("batches/corrected/2/raw", "landing/corrected.csv", "published/corrected"),
  },
  {
    name: "an upload that nobody has appended",
    plant: (lake, { subject }) => lake.upload("forgotten.csv", csv(rowsWith(subject))),
    leaves: at("landing/forgotten.csv"),
  },
  {
    name: "an encrypted dataset",
    async plant(lake, { subject }) {
      await appended(lake, "sealed", text(csv(rowsWith(subject))), { encrypted: true });
      await published(lake, "sealed");
    },
    leaves: at("batches/sealed/1/raw", "published/sealed"),
  },
  {
    name: "a large file, in segments",
    async plant(lake, { subject }) {
      await appended(lake, "large", text(csv(rowsWith(subject, LARGE_ROWS))));
      await published(lake, "large");
    },
    leaves: at("batches/large/1/raw", "landing/large.csv", "published/large"),
  },
  {
    name: "a replay",
    async plant(lake, { subject }) {
      await appended(lake, "replayed", text(csv(rowsWith(subject))));
      await published(lake, "replayed");
      await lake.post("/replay", { dataset: "replayed" });
    },
    leaves: at("batches/replayed/1/raw", "published/replayed"),
  },
  {
    name: "a dry run, its preview, and an Idempotency-Key of that name",
    async plant(lake, { subject }) {
      await appended(lake, "previewed", text(csv(rowsWith(subject))));
      const body = { batch_id: "previewed", dry_run: true, privacy_rules: { amount: "nullify" } };
      for (let times = 0; times < 2; times += 1) {
        await lake.post("/run-privacy", body, { key: keyOf("dry-run", subject) });
      }
    },
    leaves: at("batches/previewed/1/raw"),
  },
];

const REASONS = ["extend", "hold", "release", "identity"] as const;

const REQUESTS: readonly Entrance[] = [
  {
    name: "a webhook",
    async plant(lake, { receiver: url }) {
      const events = ["GDPRDeletionRequested", "GDPRDeletionExtended", "GDPRDeletionHeld"];
      await lake.post("/webhooks", { url, events: [...events, "SubjectAccessCompleted"] });
    },
    leaves: null,
  },
  {
    name: "a request for access",
    async plant(lake, { subject }) {
      const { subject_access } = await lake.post(
        "/subject-access",
        { subject_id: subject, requested_by: subject },
        { key: keyOf("access", subject) },
      );
      const { subject_access_id } = subject_access as { subject_access_id: string };
      const route = `/subject-access/${subject_access_id}`;
      const { download_url } = await lake.until(route, ({ status }) => status === "ready");
      const file = await lake.download(download_url);
      if (!file.includes(subject)) throw new Error("the answer does not hold the person's data");
    },
    leaves: at("subject-access/"),
  },
  {
    name: "names and texts that would stand in the log in clear",
    async plant(lake, { subject }) {
      const name = "clear";
      await appended(lake, name, text(csv(rowsWith("nobody"))));
      const said = `as ${subject} wants it`;
      const rules = { note: `in:${subject}` };
      const terms = { dataset: name, retention_days: 9 };
      const access = { dataset_id: name, action: "read", accessor_id: "alice" };
      const refused: readonly (readonly [string, object])[] = [
        ["/datasets", { name: "other", schema: SCHEMA, description: said }],
        ["/datasets", { name: "other", schema: { ...SCHEMA, [subject]: "string" } }],
        [`/datasets/${name}/amend`, { description: said }],
        ["/ingest-dataset", { dataset_id: "other", data_source: said, record_count: 1 }],
        ["/contracts", { ...terms, quality_rules: rules }],
        ["/contracts", { ...terms, privacy_rules: { note: { strategy: "redact", text: said } } }],
        ["/contracts", { ...terms, reading: { null_values: ["-", subject] } }],
        [`/contracts/${name}/decline`, { reason: said }],
        ["/audit-access", { ...access, purpose: said }],
        ["/audit-access", [{ ...access, purpose: said }]],
        ["/download-url", { filename: `${name}.csv`, purpose: said }],
        ["/consume-batch", { batch_id: name, consumer: "alice", purpose: said }],
        [`/datasets/${name}/consume`, { consumer: "alice", purpose: said }],
        [`/batches/${name}/expire`, { reason: said }],
        ["/run-dq", { batch_id: name, quality_rules: rules }],
        ["/run-privacy", { batch_id: name, privacy_rules: { note: `mask ${subject}` } }],
        ["/quarantine-batch", { batch_id: name, reason: said }],
        ["/webhooks", { url: `https://example.com/${subject}`, events: ["GDPRDeletionHeld"] }],
        ["/tokens", { name: said, roles: ["auditor"], expires_at: "2099-01-01T00:00:00Z" }],
        ["/upload-url", { filename: `${subject}.csv` }],
        [
          "/append-batch",
          { dataset: name, contract_id: name, batch_id: subject, file_url: "a.csv" },
        ],
      ];
      for (const [route, body] of refused) {
        await lake.post(route, body, { key: keyOf("clear", subject), status: [422] });
      }
    },
    leaves: null,
  },
  {
    name: "questions about them",
    async plant(lake, { subject }) {
      const said = encodeURIComponent(subject);
      const questions = [
        ...["datasets", "contracts", "batches", "deletions", "replays", "subject-access"],
        ...["webhooks", "sealed"],
      ].map((of) => `/${of}/${said}`);
      for (const route of [
        ...questions,
        ...[`/access-log?accessor=${said}`, `/events?actor=${said}`, `/events?stream=${said}`],
        ...[`/batches?cursor=${said}`, `/report?at=${said}`, `/nowhere/${said}`],
      ]) {
        await lake.send("GET", route, null);
      }
      await lake.send("DELETE", `/members/${said}`, null);
      await lake.send("DELETE", `/tokens/${said}`, null);
      await lake.send("DELETE", `/webhooks/${said}`, null);
    },
    leaves: null,
  },
  {
    name: "requests that are refused",
    async plant(lake, { subject }) {
      await lake.send("POST", "/deletions", `{"subject_id": "${subject}", `);
      await lake.send("POST", "/deletions", JSON.stringify({ subject_id: subject, unknown: 1 }));
      await lake.send("POST", "/append-batch", JSON.stringify({ batch_id: subject }));
    },
    leaves: null,
  },
];

/** The request that the erasure answers. */
export const REQUEST: Entrance = {
  name: "the texts of a request to be forgotten, and its answers given again",
  async plant(lake, { subject }) {
    const body = {
      subject_id: subject,
      reason: `${subject} wrote to us`,
      requested_by: subject,
    };
    const key = keyOf("forget", subject);
    const { deletion } = await lake.post("/deletions", body, { key });
    await lake.post("/deletions", body, { key });
    const { deletion_id } = deletion as { deletion_id: string };
    for (const step of REASONS) {
      const more = step === "identity" ? { verified: true } : {};
      await lake.post(`/deletions/${deletion_id}/${step}`, {
        reason: `${step}: ${subject} called`,
        ...more,
      });
    }
    await lake.get(`/deletions/${deletion_id}?reveal=true`);
  },
  leaves: (hits) => hits.some(({ place }) => place.startsWith("deletion/")),
};

/** In the order in which they are planted: the requests come last. */
export const ENTRANCES: readonly Entrance[] = [...FILES, ...REQUESTS, REQUEST];
