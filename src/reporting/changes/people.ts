/** What accesses and members change in the reports. */
import type { AccessEvent } from "../../domain/access/access.ts";
import type { MemberEvent } from "../../domain/member/member.ts";
import type { AccessorRow, CountRow, MemberRow } from "../tables.ts";
import { type ChangesOf, dayOf, nothing, rowOf } from "./change.ts";

const member = rowOf<MemberRow>("members");
const daily = rowOf<CountRow>("access_daily");
const purposes = rowOf<CountRow>("access_purposes");
const accessor = rowOf<AccessorRow>("accessors");

/** Characters of a purpose by which accesses are counted: it is part of a key. */
export const MAX_COUNTED_PURPOSE = 120;

/** Cut behind a whole character. */
const countedPurpose = (purpose: string): string =>
  purpose.length <= MAX_COUNTED_PURPOSE
    ? purpose
    : `${purpose.slice(0, MAX_COUNTED_PURPOSE).replace(/[\uD800-\uDBFF]$/, "")}…`;

export const PEOPLE_CHANGES: ChangesOf<AccessEvent["type"] | MemberEvent["type"]> = {
  MemberGranted: ({ roles }, { id, recorded_at }) =>
    member.opened(id, { status: "active", roles: roles.join(), granted_at: recorded_at }),
  MemberRevoked: (_, { id }) => member.changed(id, { status: "revoked", roles: "" }),

  AccessAudited: ({ dataset_id, accessor_id, action, purpose }, { recorded_at }) => {
    const [day, dataset] = [dayOf(recorded_at), dataset_id ?? ""];
    const what = countedPurpose(purpose ?? "");
    return [
      daily.changed([day, dataset, accessor_id, action], { count: 1 }),
      purposes.changed([day, dataset, accessor_id, what], { count: 1 }),
      accessor.changed([dataset, accessor_id], {
        first_at: recorded_at,
        last_at: recorded_at,
        accesses: 1,
      }),
    ];
  },
  SignedUrlCreated: nothing,
};
