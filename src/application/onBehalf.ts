/**
 * In whose name something is done. A caller is who he was found to be; only some may name somebody
 * else, and where, says the table (accessTable.ts).
 */
import { type Rejection, reject } from "../domain/rejection.ts";
import type { NamedField } from "./accessTable.ts";
import type { Admitted } from "./admission.ts";
import type { LakeRequest, WorkRequest } from "./lakeGateway.ts";

type Naming = readonly [field: NamedField, name: string];

/** Whom a request names, and in which field. */
const namedIn = (request: LakeRequest): readonly Naming[] => {
  switch (request.type) {
    case "CreateDataLake":
      return [["owner_id", request.owner_id]];
    case "ApproveContract":
    case "ApprovePrivacyRun":
      return [["approver", request.approver]];
    case "Consume":
    case "ConsumeDataset":
      return [["consumer", request.consumer]];
    case "RequestDeletion":
    case "RequestAccess":
      return [["requested_by", request.requested_by]];
    case "AuditAccess":
      return [["accessor_id", request.accessor_id]];
    case "AuditAccesses":
      return request.entries.map(({ accessor_id }) => ["accessor_id", accessor_id]);
    default:
      return [];
  }
};

/** A file is made for whoever is to have it: not before it is known that they may. */
const namedInWork = (request: WorkRequest): readonly Naming[] =>
  request.kind === "export" ? [["consumer", request.consumer]] : [];

/** Why the caller may not do this in that name, or null. */
export const impersonation = (
  request: LakeRequest | WorkRequest,
  caller: Admitted,
): Rejection | null => {
  if (caller.actor === null) return null;
  for (const [field, name] of "kind" in request ? namedInWork(request) : namedIn(request)) {
    if (name === caller.actor || mayName(field, caller)) continue;
    return reject(
      "forbidden",
      "not-in-your-name",
      `You cannot name somebody else as ${field}: leave it out, and it is you.`,
      [{ path: field, message: "must be you, or left out" }],
    ).error;
  }
  return null;
};

/** Whoever runs Lethe makes lakes for others; roles of a lake allow the rest. */
const mayName = (field: NamedField, { caller, access, roles }: Admitted): boolean => {
  if (field === "owner_id") return caller.kind === "person" && caller.admin;
  if (access?.kind !== "member") return false;
  return access.others[field]?.some((role) => roles?.includes(role)) ?? false;
};
