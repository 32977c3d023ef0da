/** The roles of a lake, and what each is for, as a person chooses them. */
import type { Tick } from "./tick.ts";

export const ROLES: readonly Tick[] = [
  {
    value: "owner",
    label: "Owner",
    hint: "answers for the lake: its level, its members, all below",
  },
  { value: "steward", label: "Steward", hint: "datasets and contracts" },
  {
    value: "engineer",
    label: "Engineer",
    hint: "brings data in, checks it, anonymises it, publishes it",
  },
  { value: "analyst", label: "Analyst", hint: "reads what is published" },
  {
    value: "privacy_officer",
    label: "Privacy officer",
    hint: "requests to be forgotten, requests for access, certificates",
  },
  { value: "auditor", label: "Auditor", hint: "the log, who read what, reports; no data" },
];

/** As a list of roles is told. */
export const rolesText = (roles: readonly string[]): string =>
  roles.map((role) => role.replaceAll("_", " ")).join(", ");
