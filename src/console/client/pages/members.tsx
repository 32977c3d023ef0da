/** Who has which roles in a lake: listed, given, taken. */
import { useState } from "preact/hooks";
import type { Recorded } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { useCommand, useListing } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { ROLES, rolesText } from "../roleNames.ts";
import { Field, Form, useForm } from "../ui/form.tsx";
import { PageHead, Section, Time } from "../ui/parts.tsx";
import { Remove } from "../ui/remove.tsx";
import { ListTable } from "../ui/table.tsx";
import { Ticks } from "../ui/ticks.tsx";
import { useSay } from "../ui/toasts.tsx";

interface Member {
  readonly subject: string;
  readonly roles: readonly string[];
  readonly granted_at: string;
}

const FIELDS = ["subject", "roles"];

const Grant = ({ onDone }: { readonly onDone: () => void }) => {
  const form = useForm({ subject: "" });
  const [roles, setRoles] = useState<readonly string[]>([]);
  const command = useCommand();
  const say = useSay();
  const submit = async () => {
    const body = { subject: form.values.subject.trim(), roles };
    const done = await command.run<Recorded>("/members", body);
    if (done === null) return;
    say(done.body.message);
    form.reset();
    setRoles([]);
    onDone();
  };
  const { problem, busy } = command;
  return (
    <Form onSubmit={submit} busy={busy} problem={problem} fields={FIELDS} submit="Give these roles">
      <Field
        form={form}
        name="subject"
        label="Who"
        required
        hint="As their issuer calls them (the claim sub of their token). An e-mail address would name a person in clear, and is refused."
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
  );
};

const Members = (_: PageProps) => {
  const list = useListing<Member>("/members");
  return (
    <>
      <PageHead title="Members" lead="Who may do what in this lake. Each change is an event." />
      <ListTable
        caption="Members, in the order in which they became members"
        one="member"
        list={list}
        keyOf={({ subject }) => subject}
        empty={<p>Nobody is a member of this lake yet.</p>}
        columns={[
          { title: "Member", cell: ({ subject }) => <code>{subject}</code> },
          { title: "Roles", cell: ({ roles }) => rolesText(roles) },
          { title: "Since", cell: ({ granted_at }) => <Time at={granted_at} /> },
          {
            title: "Change",
            cell: ({ subject }) => (
              <Remove
                label="Take all roles"
                of={`from ${subject}`}
                path={`/members/${encodeURIComponent(subject)}`}
                title={`Take all roles from ${subject}?`}
                onDone={list.reload}
              >
                They can do nothing in this lake any more, and the tokens that they issued open
                nothing any more. Roles can be given again.
              </Remove>
            ),
          },
        ]}
      />
      <Section
        title="Give roles"
        note="All that they are to have: roles that are not chosen here are taken from them. Owners and administrators do this."
      >
        <Grant onDone={list.reload} />
      </Section>
    </>
  );
};

export const membersPage: Page = {
  path: "/members",
  scope: "lake",
  view: Members,
  nav: { group: "Administration", label: "Members" },
};
