/** Who the reader is to the lake of the page, and which roles they have there, as Lethe says. */
import { useScope } from "../context.ts";
import { useQuestion } from "../hooks.ts";
import { holderOf, type Me, nameOf, rolesOf } from "../session.ts";
import { Time } from "./parts.tsx";

const useMe = (): Me | null => {
  const { lake } = useScope();
  const asked = useQuestion<Me>(lake === null ? null : "/me");
  return lake === null || asked.state !== "ready" ? null : asked.body;
};

/** The reader's roles in the lake of the page; null while they are not known, or do not bound them. */
export const useRoles = (): readonly string[] | null => {
  const me = useMe();
  return me === null || me.kind === "local" || me.platform_admin ? null : me.roles;
};

/** Across lakes, and while the lake has not answered, what the token itself tells. */
export const Who = () => {
  const { token } = useScope();
  const me = useMe();
  if (me === null) return <p class="who-name">{holderOf(token)}</p>;
  const name = nameOf(me, token);
  return (
    <>
      <p class="who-name">{name}</p>
      {me.kind === "local" || name === me.actor ? null : (
        <p class="near">
          In the log <code>{me.actor}</code>
        </p>
      )}
      <p class="near">{rolesOf(me)}</p>
      {me.valid_until === null ? null : (
        <p class="near">
          Until <Time at={me.valid_until} near={false} />
        </p>
      )}
    </>
  );
};
