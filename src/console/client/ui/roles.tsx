/** Which roles the reader has in the lake, where Lethe lets them see it; else nothing. */
import type { Page } from "../api/pages.ts";
import { useScope } from "../context.ts";
import { words } from "../format.ts";
import { useQuestion } from "../hooks.ts";
import { idOfToken, subjectOf } from "../session.ts";

/** Of a lake with more members than this, roles are told on the page of its members. */
const MOST = 1000;

interface Holder {
  readonly subject?: string;
  readonly token_id?: string;
  readonly roles: readonly string[];
}

/** The reader's roles in the lake of the page; null where Lethe does not let them see any. */
export const useRoles = (): readonly string[] | null => {
  const { token, lake } = useScope();
  const id = idOfToken(token);
  const subject = subjectOf(token);
  const known = lake !== null && (id ?? subject) !== null;
  const list = id === null ? "/members" : "/tokens";
  const listed = useQuestion<Page<Holder>>(known ? `${list}?limit=${MOST}` : null);
  if (!known || listed.state !== "ready") return null;
  const holder = listed.body.items.find((one) =>
    id === null ? one.subject === subject : one.token_id === id,
  );
  return holder?.roles ?? null;
};

export const Roles = () => {
  const roles = useRoles();
  return roles === null ? null : <p class="near">{roles.map(words).join(", ")}</p>;
};
