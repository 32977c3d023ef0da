/** Places outside that are told about a lake's events: listed, registered, removed. */
import { useState } from "preact/hooks";
import type { Recorded } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { plural } from "../format.ts";
import { useCommand, useListing } from "../hooks.ts";
import { eventName, NOTIFIED, namesIn } from "../notified.ts";
import type { Page } from "../pages.ts";
import { Allowed } from "../ui/allowed.tsx";
import { Field, Form, useForm } from "../ui/form.tsx";
import { LakeLink, PageHead, Section, Time } from "../ui/parts.tsx";
import { ShownOnce } from "../ui/shownOnce.tsx";
import { ListTable } from "../ui/table.tsx";
import { Ticks } from "../ui/ticks.tsx";
import { useSay } from "../ui/toasts.tsx";
import { urlText, type Webhook } from "../webhooks.ts";

const FIELDS = ["url", "events", "datasets"];

/** Errors of the list of events are shown once, at its first group. */
const EventChoice = ({
  chosen,
  onChange,
  problem,
}: Pick<Parameters<typeof Ticks>[0], "chosen" | "onChange" | "problem">) => (
  <div class="tick-groups">
    {NOTIFIED.map(({ group, of }, at) => (
      <Ticks
        key={group}
        legend={group}
        name="events"
        of={of}
        chosen={chosen}
        onChange={onChange}
        problem={at === 0 ? problem : null}
      />
    ))}
  </div>
);

const Register = ({ onDone }: { readonly onDone: () => void }) => {
  const form = useForm({ url: "", datasets: "" });
  const [events, setEvents] = useState<readonly string[]>([]);
  const [secret, setSecret] = useState<string | null>(null);
  const command = useCommand();
  const say = useSay();
  const submit = async () => {
    const datasets = namesIn(form.values.datasets);
    const body = { url: form.values.url, events, ...(datasets.length > 0 ? { datasets } : {}) };
    const done = await command.run<Recorded & { readonly secret?: string }>("/webhooks", body);
    if (done === null) return;
    say(done.body.message);
    for (const warning of done.body.warnings) say(warning);
    setSecret(done.body.secret ?? null);
    form.reset();
    setEvents([]);
    onDone();
  };
  const { problem, busy } = command;
  return (
    <>
      {secret === null ? null : (
        <ShownOnce label="Secret" secret={secret} onKept={() => setSecret(null)}>
          The receiver checks with it that a notification is Lethe's (Standard Webhooks).
        </ShownOnce>
      )}
      <Form onSubmit={submit} busy={busy} problem={problem} fields={FIELDS} submit="Register it">
        <Field
          form={form}
          name="url"
          label="URL"
          required
          placeholder="https://"
          problem={problem}
        />
        <EventChoice chosen={events} onChange={setEvents} problem={problem} />
        <Field
          form={form}
          name="datasets"
          label="Only of these datasets"
          hint="Their names, parted by commas. Left out: of all."
          problem={problem}
        />
      </Form>
    </>
  );
};

const Webhooks = (_: PageProps) => {
  const list = useListing<Webhook>("/webhooks");
  return (
    <>
      <PageHead
        title="Webhooks"
        lead="Who is told when something happens in this lake. A person appears in a notification as a pseudonym only."
      />
      <ListTable
        caption="Webhooks"
        one="webhook"
        list={list}
        keyOf={({ webhook_id }) => webhook_id}
        empty={<p>Nobody is told anything yet.</p>}
        columns={[
          {
            title: "URL",
            cell: (one) => (
              <LakeLink to={`/webhooks/${one.webhook_id}`} class="row-link">
                {urlText(one)}
              </LakeLink>
            ),
          },
          {
            title: "About",
            cell: ({ events }) => (
              <div>
                {plural(events.length, "kind of event", "kinds of events")}
                <span class="near">{events.slice(0, 3).map(eventName).join(", ")}</span>
              </div>
            ),
          },
          { title: "Datasets", cell: ({ datasets }) => datasets?.join(", ") ?? "all" },
          { title: "Registered", cell: ({ registered_at }) => <Time at={registered_at} /> },
        ]}
      />
      <Section title="Register one">
        <Allowed roles={["owner"]} to="registers webhooks">
          <Register onDone={list.reload} />
        </Allowed>
      </Section>
    </>
  );
};

export const webhooksPage: Page = {
  path: "/webhooks",
  scope: "lake",
  view: Webhooks,
  nav: { group: "Administration", label: "Webhooks" },
};
