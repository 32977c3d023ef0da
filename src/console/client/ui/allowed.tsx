/**
 * What only some may do: offered to them, and to whoever's roles are not known here, whom Lethe
 * itself will tell. To others it is said why it is not offered.
 */
import type { ComponentChildren } from "preact";
import { words } from "../format.ts";
import { useRoles } from "./roles.tsx";

interface AllowedProps {
  readonly roles: readonly string[];
  /** What they may do, such as `decides on requests`. */
  readonly to: string;
  readonly children: ComponentChildren;
}

export const Allowed = ({ roles, to, children }: AllowedProps) => {
  const own = useRoles();
  if (own === null || own.some((role) => roles.includes(role))) return <>{children}</>;
  const others = roles.map((role) => words(role)).join(" or ");
  return (
    <p class="note">
      {`Only a lake's ${others} ${to}. In this lake you are ${own.map(words).join(", ")}.`}
    </p>
  );
};

/** Whoever answers persons. */
export const PRIVACY = ["owner", "privacy_officer"] as const;
