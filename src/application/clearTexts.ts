/**
 * What stands in the log in clear for ever, where nothing can be forgotten: names of things, free texts
 * that are not sealed, rules. One that evidently names or reaches a person is refused before anything is
 * decided. Names of those who act are not: the log must tell who did what (domain/member/subject.ts);
 * of one that is somebody's address the answer warns.
 */
import { type PersonalKind, personalKindsIn } from "../domain/personalText.ts";
import { type Issue, type Rejection, reject } from "../domain/rejection.ts";
import type { Command } from "./commands.ts";
import type { LakeRequest, WorkRequest } from "./lakeGateway.ts";

const TERMS = ["schema", "quality_rules", "privacy_rules", "reading"] as const;

/**
 * By request, the members that are recorded as they are: all of each, names in it included. What only
 * names something that is there already is not looked at, so that it can be worked on, and ended.
 */
const REQUESTS: Partial<Record<LakeRequest["type"], readonly string[]>> = {
  CreateDataLake: ["lake_id", "name"],
  RegisterDataset: ["name", "description", "schema"],
  AmendDataset: ["description"],
  IngestDataset: ["dataset_id", "data_source"],
  CreateContract: ["contract_id", ...TERMS],
  UpdateContract: TERMS,
  DeclineContract: ["reason"],
  AuditAccess: ["purpose"],
  Consume: ["purpose"],
  ConsumeDataset: ["purpose"],
  EndBatch: ["reason"],
  QuarantineBatch: ["reason"],
  ReleaseQuarantine: ["reason"],
  RejectPrivacyRun: ["reason"],
  RollBackPrivacyRun: ["reason"],
  CancelWork: ["reason"],
  CancelReplay: ["reason"],
  IssueToken: ["name"],
};

type Clear = readonly [path: string, value: unknown];

const clearIn = (request: LakeRequest | WorkRequest): readonly Clear[] => {
  if ("kind" in request) return clearInWork(request);
  switch (request.type) {
    case "SignUrl": {
      const { method, filename, purpose } = request;
      return method === "PUT" ? [["filename", filename]] : [["purpose", purpose]];
    }
    case "RegisterWebhook":
      // Sealed, but under a key of the lake's: no erasure of a person destroys it.
      return [["url", decoded(request.url)]];
    case "AuditAccesses":
      return request.entries.map(({ purpose }, index): Clear => [`${index}.purpose`, purpose]);
    default: {
      const values: Readonly<Record<string, unknown>> = { ...request };
      const members = REQUESTS[request.type] ?? [];
      return members.map((member): Clear => [member, values[member]]);
    }
  }
};

/** As people read it; as it stands where it is no encoding of anything. */
const decoded = (url: string): string => {
  try {
    return decodeURIComponent(url);
  } catch {
    return url;
  }
};

const clearInWork = (request: WorkRequest): readonly Clear[] => {
  switch (request.kind) {
    case "append":
      return [
        ["batch_id", request.batch_id],
        ["file_url", request.file_url],
        ["reading", request.reading],
      ];
    case "quality":
      return [["quality_rules", request.rules]];
    case "privacy":
      return [["privacy_rules", request.rules]];
    default:
      return [];
  }
};

/** Rejects with `invalid`; says where, and what kind it is of, never the text. */
export const personalInClear = (request: LakeRequest | WorkRequest): Rejection | null => {
  const issues = clearIn(request).flatMap(([path, value]) => issuesIn(value, path));
  const [first] = issues;
  if (first === undefined) return null;
  return reject(
    "invalid",
    "personal-data-in-clear",
    `${first.path} ${first.message}. It would stand in the log in clear for ever, also when the person ` +
      "asks to be forgotten: name people by an id that says nothing elsewhere.",
    issues,
  ).error;
};

const issuesIn = (value: unknown, path: string): readonly Issue[] => {
  if (typeof value === "string") return issuesOf(value, path);
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const inName = Array.isArray(value) ? [] : issuesOf(name, path);
    // A path must not repeat what is refused.
    return inName.length > 0 ? inName : issuesIn(inner, `${path}.${name}`);
  });
};

const issuesOf = (text: string, path: string): readonly Issue[] =>
  personalKindsIn(text).map((kind) => ({ path, message: `holds ${withArticle(kind)}` }));

const withArticle = (kind: PersonalKind): string => `${/^[aeiI]/.test(kind) ? "an" : "a"} ${kind}`;

type Named = readonly [field: string, name: string];

/** Whom a command names as the one who acts. */
const actorsIn = (command: Command): readonly Named[] => {
  switch (command.type) {
    case "CreateDataLake":
      return [["owner_id", command.owner_id]];
    case "ApproveContract":
    case "ApprovePrivacyRun":
      return [["approver", command.approver]];
    case "GrantConsumption":
    case "GrantConsumptions":
      return [["consumer", command.consumer]];
    case "RequestGDPRDeletion":
    case "RequestSubjectAccess":
      return [["requested_by", command.requested_by]];
    case "AuditAccess":
      return [["accessor_id", command.accessor_id]];
    case "AuditAccesses":
      return command.entries.map(({ accessor_id }): Named => ["accessor_id", accessor_id]);
    default:
      return [];
  }
};

/** What the answer to a command warns of, each field once. */
export const actorsInClear = (command: Command): readonly string[] => [
  ...new Set(
    actorsIn(command).flatMap(([field, name]) => {
      const [kind] = personalKindsIn(name);
      if (kind === undefined) return [];
      return [
        `${field} holds ${withArticle(kind)}, which stands in the log in clear for ever: name people by ` +
          "an id that says nothing elsewhere.",
      ];
    }),
  ),
];
