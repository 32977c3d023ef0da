/**
 * Who may do what: every route of the interface, and for each who may take it. There is no other
 * place that says so. A route that is not here keeps the Worker from starting, a line without a
 * route does too; the lake itself asks this table, in the turn in which it decides (admission.ts),
 * and README and OpenAPI show it.
 *
 * Least privilege: who brings data in does not read the access log, who audits sees no data. The
 * owner answers for the lake and can do whatever a role of it can. A platform administrator is no
 * member: he sees which lakes there are, and can put a lake's membership right.
 */
import { ROLES, type Role } from "../domain/member/roles.ts";

/** Fields that say in whose name something is done. */
export type NamedField = "owner_id" | "approver" | "consumer" | "requested_by" | "accessor_id";

export type Access =
  /** Needs no caller: says why. */
  | { readonly kind: "anyone"; readonly why: string }
  /** Any person that an issuer vouches for; no token, for it is a lake's. */
  | { readonly kind: "person" }
  /** A platform administrator, across lakes. */
  | {
      readonly kind: "admin";
      /** Whoever holds METRICS_TOKEN too: a machine that collects metrics. */
      readonly scraper: boolean;
    }
  | {
      readonly kind: "member";
      readonly roles: readonly Role[];
      /** A platform administrator too. */
      readonly admin: boolean;
      /** Persons only: what gives rights is not done by machines. */
      readonly persons: boolean;
      /** May see what is published, and nothing else. */
      readonly published: readonly Role[];
      /** Who may name somebody else than himself, and where; everybody else is who he is. */
      readonly others: Partial<Readonly<Record<NamedField, readonly Role[]>>>;
    };

type MemberAccess = Extract<Access, { kind: "member" }>;

const member = (
  roles: readonly Role[],
  more: Partial<Omit<MemberAccess, "kind" | "roles">> = {},
): MemberAccess => ({
  kind: "member",
  roles,
  admin: false,
  persons: false,
  published: [],
  others: {},
  ...more,
});

const anyone = (why: string): Access => ({ kind: "anyone", why });

const PERSON: Access = { kind: "person" };
const ADMIN: Access = { kind: "admin", scraper: false };
const SCRAPER: Access = { kind: "admin", scraper: true };

const all = member(ROLES);
const owner = member(["owner"]);
const stewards = member(["owner", "steward"]);
const engineers = member(["owner", "engineer"]);
const builders = member(["owner", "steward", "engineer"]);
const privacy = member(["owner", "privacy_officer"]);
const followers = member(["owner", "steward", "engineer", "auditor"]);
const watchers = member(["owner", "privacy_officer", "auditor"]);
const judges = member(["owner", "steward", "privacy_officer"]);
const insiders = member(["owner", "steward", "engineer", "privacy_officer", "auditor"], {
  published: ["analyst"],
});
const consumers = member(["owner", "steward", "analyst"], {
  others: { consumer: ["owner", "steward"] },
});
const forSubjects = { others: { requested_by: ["owner", "privacy_officer"] } } as const;

export const ACCESS = {
  "GET /health": anyone("says only that Lethe runs"),
  "GET /ready": anyone("says only whether Lethe can do its work"),
  "GET /": anyone("leads to the console"),
  "GET /console": anyone("the page holds nothing of a lake, and asks as its reader"),
  "GET /docs": anyone("the documentation is the same everywhere"),
  "GET /openapi.json": anyone("the interface is the same everywhere"),
  "GET /deadlines": anyone("a calendar, and no lake's"),
  "GET /sealed/{token}": anyone("the URL is the permission: signed, for one file, for a time"),

  "POST /lakes": PERSON,
  "GET /lakes": PERSON,
  "GET /lakes/{lake_id}": member(ROLES, { admin: true }),
  "GET /me": member(ROLES, { admin: true }),
  "POST /compliance-level": owner,
  "POST /locality": owner,
  "GET /report": member(["owner", "steward", "privacy_officer", "auditor"]),

  "POST /members": member(["owner"], { admin: true, persons: true }),
  "GET /members": member(["owner", "auditor"], { admin: true }),
  "DELETE /members/{subject}": member(["owner"], { admin: true, persons: true }),
  "POST /tokens": member(ROLES, { persons: true }),
  "GET /tokens": member(ROLES, { admin: true }),
  "DELETE /tokens/{id}": member(ROLES, { admin: true, persons: true }),

  "POST /datasets": stewards,
  "GET /datasets": all,
  "GET /datasets/{name}": all,
  "POST /datasets/{name}/activate-version": stewards,
  "POST /datasets/{name}/deprecate": stewards,
  "POST /datasets/{name}/amend": stewards,
  "POST /ingest-dataset": builders,

  "POST /contracts": stewards,
  "GET /contracts": all,
  "GET /contracts/{id}": all,
  "PUT /contracts/{id}": stewards,
  "POST /contracts/{id}/approve": stewards,
  "POST /contracts/{id}/decline": stewards,
  "POST /contracts/{id}/deprecate": stewards,

  "POST /upload-url": engineers,
  "POST /datasets/{name}/upload-url": engineers,
  "POST /download-url": engineers,
  "POST /datasets/{name}/download-url": engineers,

  "GET /uploads": member(["owner", "steward", "engineer", "privacy_officer", "auditor"]),

  "POST /append-batch": engineers,
  "GET /batches": insiders,
  "GET /batches/{id}": insiders,
  "GET /batches/{id}/quarantine": engineers,
  "POST /run-dq": engineers,
  "POST /run-privacy": engineers,
  "POST /run-privacy/{run}/approve": judges,
  "POST /run-privacy/{run}/reject": member(["owner", "steward", "engineer", "privacy_officer"]),
  "POST /run-privacy/{run}/rollback": builders,
  "POST /quarantine-batch": member(["owner", "steward", "engineer", "privacy_officer"]),
  "POST /release-batch": judges,
  "POST /publish-batch": engineers,
  "POST /consume-batch": consumers,
  "POST /datasets/{name}/consume": consumers,
  "POST /replay": builders,
  "POST /batches/{id}/cancel": builders,
  "POST /batches/{id}/expire": stewards,
  "POST /replays/{id}/cancel": builders,
  "GET /replays": followers,
  "GET /replays/{id}": followers,

  "GET /events": watchers,
  "GET /events/stream": watchers,
  "GET /access-log": watchers,
  "POST /audit-access": member(["owner", "steward", "engineer", "analyst", "privacy_officer"], {
    others: { accessor_id: ["owner", "steward"] },
  }),

  "GET /log/key": all,
  "GET /log/checkpoint": all,
  "POST /log/checkpoint": watchers,
  "GET /log/leaves": watchers,
  "GET /log/inclusion": all,
  "GET /log/consistency": all,
  "GET /log/import": ADMIN,
  "POST /log/import": ADMIN,
  "DELETE /log/import": ADMIN,

  "POST /deletions": member(["owner", "privacy_officer"], forSubjects),
  "GET /deletions": watchers,
  "GET /deletions/{id}": watchers,
  "GET /deletions/{id}?reveal=true": privacy,
  "GET /deletions/{id}/certificate": watchers,
  "POST /deletions/{id}/extend": privacy,
  "POST /deletions/{id}/hold": privacy,
  "POST /deletions/{id}/release": privacy,
  "POST /deletions/{id}/reject": privacy,
  "POST /deletions/{id}/identity": privacy,
  "POST /deletions/{id}/execute": privacy,

  "POST /subject-access": member(["owner", "privacy_officer"], forSubjects),
  "GET /subject-access": watchers,
  "GET /subject-access/{id}": privacy,
  "POST /subject-access/{id}/extend": privacy,
  "POST /subject-access/{id}/reject": privacy,

  "POST /webhooks": owner,
  "GET /webhooks": owner,
  "GET /webhooks/{id}": owner,
  "DELETE /webhooks/{id}": owner,
  "GET /webhooks/{id}/deliveries": member(["owner", "auditor"]),
  "POST /webhooks/{id}/deliveries/{delivery}/resend": owner,

  "GET /metrics": SCRAPER,
  "GET /admin/ready": ADMIN,
  "GET /admin/parked": ADMIN,
  "POST /admin/redrive": ADMIN,
  // Each shows the lakes that its reader watches, an administrator all (reporting/scope.ts).
  "GET /reports/monthly": PERSON,
  "GET /reports/processing-record": PERSON,
  "GET /reports/deletions": PERSON,
  "GET /reports/deletions/overdue": PERSON,
  "GET /reports/deletions/completed": PERSON,
  "GET /reports/deletions/by-lake": PERSON,
  "GET /reports/deletions/by-month": PERSON,
  "GET /reports/subject-access": PERSON,
  "GET /reports/access": PERSON,
  "GET /reports/access/purposes": PERSON,
  "GET /reports/access/first-time": PERSON,
  "GET /reports/access/unusual": PERSON,
  "GET /reports/lakes": PERSON,
  "GET /reports/datasets": PERSON,
  "GET /reports/contracts/unapproved": PERSON,
  "GET /reports/retention": PERSON,
  "GET /reports/monthly/archive": ADMIN,
  "GET /reports/monthly/archive/{month}/{document}": ADMIN,
  "POST /admin/reapply-erasures": ADMIN,
  "GET /admin/rewrap-keys": ADMIN,
  "POST /admin/rewrap-keys": ADMIN,
  "POST /admin/rebuild-reports": ADMIN,
  "POST /admin/monthly-report": ADMIN,
  "POST /admin/sweep-alarms": ADMIN,
} as const satisfies Readonly<Record<string, Access>>;

/** A route by method and path, as OpenAPI writes them; a lake's own is `GET /lakes/{lake_id}`. */
export type Operation = keyof typeof ACCESS;

export const accessOf = (operation: Operation): Access => ACCESS[operation];

export const isOperation = (text: string): text is Operation => Object.hasOwn(ACCESS, text);
