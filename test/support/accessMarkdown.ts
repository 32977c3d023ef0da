/** The table of who may do what, as the README shows it. */
import { ACCESS, type Access } from "../../src/application/accessTable.ts";
import { ROLES } from "../../src/domain/member/roles.ts";

type MemberAccess = Extract<Access, { kind: "member" }>;

const entries = (): readonly (readonly [string, Access])[] => Object.entries(ACCESS);

const code = (route: string) => `\`${route}\``;

/** Routes of a kind; those for which all is the same stand in one row. */
const rows = (): readonly (readonly [MemberAccess, readonly string[]])[] => {
  const grouped = new Map<string, [MemberAccess, string[]]>();
  for (const [route, access] of entries()) {
    if (access.kind !== "member") continue;
    const key = JSON.stringify(access);
    const row = grouped.get(key) ?? [access, []];
    grouped.set(key, row);
    row[1].push(route);
  }
  return [...grouped.values()];
};

const cells = ({ roles, published, admin }: MemberAccess): readonly string[] => [
  ...ROLES.map((role) =>
    roles.includes(role) ? "x" : published.includes(role) ? "published" : "",
  ),
  admin ? "x" : "",
];

const besides = ({ persons, others }: MemberAccess): string =>
  [
    ...(persons ? ["persons only"] : []),
    ...Object.entries(others).map(
      ([field, roles]) => `${code(field)} may be another for ${roles.join(", ")}`,
    ),
  ].join("; ");

const line = (cellsOf: readonly string[]): string => `| ${cellsOf.join(" | ")} |`;

export const accessMarkdown = (): string => {
  const head = ["Route", ...ROLES, "platform admin", "besides"];
  const of = (kind: Access["kind"]) =>
    entries().flatMap(([route, access]) => (access.kind === kind ? [code(route)] : []));
  const open = entries().flatMap(([route, access]) =>
    access.kind === "anyone" ? [`${code(route)} (${access.why})`] : [],
  );
  const scraped = () =>
    entries().flatMap(([route, access]) =>
      access.kind === "admin" && access.scraper ? [code(route)] : [],
    );
  return [
    line(head),
    line(head.map(() => "---")),
    ...rows().map(([access, routes]) =>
      line([routes.map(code).join(" "), ...cells(access), besides(access)]),
    ),
    "",
    `Any person known: ${of("person").join(" ")}. Administrators of the platform only:`,
    `${of("admin").join(" ")}.`,
    `Whoever shows METRICS_TOKEN may ${scraped().join(" ")} too.`,
    `Nobody has to be known for ${open.join(", ")}.`,
  ].join("\n");
};
