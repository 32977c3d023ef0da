/** What accesses, members and webhooks change in the reports: who is told what. */
import { dayOf } from "../../application/months.ts";
import type { AccessEvent } from "../../domain/access/access.ts";
import type { MemberEvent } from "../../domain/member/member.ts";
import type { WebhookEvent } from "../../domain/webhook/webhook.ts";
import type { AccessorRow, CountRow, MemberRow, WebhookRow } from "../tables.ts";
import { type ChangesOf, nothing, rowOf } from "./change.ts";

const member = rowOf<MemberRow>("members");
const daily = rowOf<CountRow>("access_daily");
const purposes = rowOf<CountRow>("access_purposes");
const accessor = rowOf<AccessorRow>("accessors");
const purposeEver = rowOf<AccessorRow>("purposes");
const webhook = rowOf<WebhookRow>("webhooks");

/** Characters of a purpose by which accesses are counted: it is part of a key. */
export const MAX_COUNTED_PURPOSE = 120;

/** Cut behind a whole character. */
const countedPurpose = (purpose: string): string =>
  purpose.length <= MAX_COUNTED_PURPOSE
    ? purpose
    : `${purpose.slice(0, MAX_COUNTED_PURPOSE).replace(/[\uD800-\uDBFF]$/, "")}…`;

export const PEOPLE_CHANGES: ChangesOf<
  AccessEvent["type"] | MemberEvent["type"] | WebhookEvent["type"]
> = {
  MemberGranted: ({ roles }, { id, recorded_at }) =>
    member.opened(id, { status: "active", roles: roles.join(), granted_at: recorded_at }),
  MemberRevoked: (_, { id }) => member.changed(id, { status: "revoked", roles: "" }),

  AccessAudited: ({ dataset_id, accessor_id, action, purpose }, { recorded_at }) => {
    const [day, dataset] = [dayOf(recorded_at), dataset_id ?? ""];
    const what = countedPurpose(purpose ?? "");
    const once = { first_at: recorded_at, last_at: recorded_at, accesses: 1 };
    return [
      daily.changed([day, dataset, accessor_id, action], { count: 1 }),
      purposes.changed([day, dataset, accessor_id, what], { count: 1 }),
      accessor.changed([dataset, accessor_id], once),
      purposeEver.changed([dataset, what], once),
    ];
  },
  SignedUrlCreated: nothing,

  WebhookRegistered: (_, { id, recorded_at }) =>
    webhook.opened(id, { status: "active", registered_at: recorded_at }),
  WebhookRemoved: (_, { id }) => webhook.changed(id, { status: "removed" }),
};
