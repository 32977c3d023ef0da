/** API tokens, by which machines get into a lake: listed, issued, revoked. */
import { useState } from "preact/hooks";
import type { Recorded } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { afterDays } from "../format.ts";
import { useCommand, useListing } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { ROLES, rolesText } from "../roleNames.ts";
import { Field, Form, useForm } from "../ui/form.tsx";
import { Badge, Deadline, PageHead, Section } from "../ui/parts.tsx";
import { Remove } from "../ui/remove.tsx";
import { ShownOnce } from "../ui/shownOnce.tsx";
import { ListTable } from "../ui/table.tsx";
import { Ticks } from "../ui/ticks.tsx";
import { useSay } from "../ui/toasts.tsx";

interface Token {
  readonly token_id: string;
  readonly name: string;
  readonly roles: readonly string[];
  readonly status: string;
  readonly issued_by: string;
  readonly expires_at: string;
  readonly last_used_on: string | null;
}

const FIELDS = ["name", "roles", "expires_at"];

const LIVES = [
  ["7", "7 days"],
  ["30", "30 days"],
  ["90", "90 days"],
  ["365", "a year"],
] as const;

const Issue = ({ onDone }: { readonly onDone: () => void }) => {
  const form = useForm({ name: "", expires_at: "30" });
  const [roles, setRoles] = useState<readonly string[]>([]);
  const [secret, setSecret] = useState<string | null>(null);
  // One time for one form: sent again after a broken connection it is the same command.
  const [opened, setOpened] = useState(() => Date.now());
  const command = useCommand();
  const say = useSay();
  const submit = async () => {
    const { name, expires_at } = form.values;
    const body = { name, roles, expires_at: afterDays(opened, Number(expires_at)) };
    const done = await command.run<Recorded & { readonly secret?: string }>("/tokens", body);
    if (done === null) return;
    say(done.body.message);
    setSecret(done.body.secret ?? null);
    setOpened(Date.now());
    form.reset();
    setRoles([]);
    onDone();
  };
  const { problem, busy } = command;
  return (
    <>
      {secret === null ? null : (
        <ShownOnce label="Token" secret={secret} onKept={() => setSecret(null)}>
          Give it to the machine as its bearer token. Lethe keeps only a keyed hash of it.
        </ShownOnce>
      )}
      <Form onSubmit={submit} busy={busy} problem={problem} fields={FIELDS} submit="Issue a token">
        <Field
          form={form}
          name="name"
          label="Name"
          required
          hint="What it is for, such as the machine that has it. Name no person in it."
          problem={problem}
        />
        <Field
          form={form}
          name="expires_at"
          label="Expires after"
          options={LIVES}
          problem={problem}
        />
        <Ticks
          legend="Roles"
          name="roles"
          of={ROLES}
          chosen={roles}
          onChange={setRoles}
          problem={problem}
        />
      </Form>
    </>
  );
};

const Tokens = (_: PageProps) => {
  const list = useListing<Token>("/tokens");
  return (
    <>
      <PageHead
        title="API tokens"
        lead="How machines get into this lake: your own, or all of them where you are its owner."
      />
      <ListTable
        caption="Tokens that are not revoked"
        one="token"
        list={list}
        keyOf={({ token_id }) => token_id}
        empty={<p>No machine has a token.</p>}
        columns={[
          {
            title: "Token",
            cell: ({ name, token_id }) => (
              <div>
                <strong>{name}</strong>
                <span class="near">
                  <code>{token_id}</code>
                </span>
              </div>
            ),
          },
          {
            title: "Status",
            cell: ({ status }) => <Badge status={status} />,
          },
          { title: "Roles", cell: ({ roles }) => rolesText(roles) },
          { title: "Issued by", cell: ({ issued_by }) => <code>{issued_by}</code> },
          { title: "Last used", cell: ({ last_used_on }) => last_used_on ?? "never" },
          {
            title: "Expires",
            cell: ({ expires_at, status }) => (
              <Deadline at={expires_at} open={status === "active"} />
            ),
          },
          {
            title: "Change",
            cell: ({ token_id, name }) => (
              <Remove
                label="Revoke"
                of={name}
                path={`/tokens/${token_id}`}
                title={`Revoke ${name}?`}
                onDone={list.reload}
              >
                The machine that has it gets into this lake no more. This cannot be undone; a new
                one can be issued.
              </Remove>
            ),
          },
        ]}
      />
      <Section
        title="Issue a token"
        note="It can do what its roles and yours have in common, at the time it is used."
      >
        <Issue onDone={list.reload} />
      </Section>
    </>
  );
};

export const tokensPage: Page = {
  path: "/tokens",
  scope: "lake",
  view: Tokens,
  nav: { group: "Administration", label: "API tokens" },
};
