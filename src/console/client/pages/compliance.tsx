/** What a lake demands of those who use it, and by which calendar it counts its deadlines. */
import type { Recorded } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { useCommand, useQuestion } from "../hooks.ts";
import { higherThan, LEVELS } from "../levels.ts";
import type { Page } from "../pages.ts";
import { Action } from "../ui/action.tsx";
import { Allowed } from "../ui/allowed.tsx";
import { Field, Form, useForm } from "../ui/form.tsx";
import { Badge, Facts, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";
import { useSay } from "../ui/toasts.tsx";

interface Lake {
  readonly lake_id: string;
  readonly name: string;
  readonly owner_id: string;
  readonly region: string;
  readonly compliance_level: string;
  readonly country: string | null;
  readonly time_zone: string | null;
  readonly residency: { readonly jurisdiction: string | null; readonly enforced: boolean };
  readonly created_at: string;
}

const DEMANDS: readonly (readonly [what: string, ...by: string[]])[] = [
  ["Not said whether a file holds personal data", "accepted", "refused", "refused"],
  ["Data that is not encrypted under its own key", "accepted", "accepted", "refused"],
  ["Requests to be forgotten", "refused", "taken", "taken"],
  ["Publishing personal data that was not anonymised", "warned of", "refused", "refused"],
  ["Appending under a contract that nobody approved", "accepted", "accepted", "refused"],
  ["Two people for an approval, and for an erasure", "not asked", "not asked", "needed"],
];

const ACTS: Readonly<Record<string, string>> = { gdpr: "Raise to gdpr", strict: "Raise to strict" };

const Level = ({ lake, onDone }: { readonly lake: Lake; readonly onDone: () => void }) => {
  const higher = higherThan(lake.compliance_level);
  return (
    <Section title="Level">
      <Table
        caption="What each level demands"
        rows={DEMANDS}
        keyOf={([what]) => what}
        empty={null}
        columns={[
          { title: "What", cell: ([what]) => what },
          ...LEVELS.map((level, at) => ({
            title: level === lake.compliance_level ? `${level}, this lake's` : level,
            cell: (row: (typeof DEMANDS)[number]) =>
              level === lake.compliance_level ? <strong>{row[at + 1]}</strong> : row[at + 1],
          })),
        ]}
      />
      {higher.length === 0 ? (
        <p class="more">It is the highest there is.</p>
      ) : (
        <div class="actions">
          <Allowed roles={["owner"]} to="raises its level">
            {higher.map((level) => (
              <Action
                key={level}
                label={ACTS[level] ?? level}
                path="/compliance-level"
                body={{ compliance_level: level }}
                title={`Raise ${lake.name} to ${level}?`}
                onDone={onDone}
              >
                What comes from now on is held to it. A level can be raised, never lowered: this
                cannot be undone.
              </Action>
            ))}
          </Allowed>
        </div>
      )}
    </Section>
  );
};

const Locality = ({ lake, onDone }: { readonly lake: Lake; readonly onDone: () => void }) => {
  const form = useForm({ country: lake.country ?? "", time_zone: lake.time_zone ?? "" });
  const command = useCommand();
  const say = useSay();
  const submit = async () => {
    const { country, time_zone } = form.values;
    const done = await command.run<Recorded>("/locality", {
      ...(country === "" ? {} : { country: country.toUpperCase() }),
      ...(time_zone === "" ? {} : { time_zone }),
    });
    if (done === null) return;
    say(done.body.message);
    for (const warning of done.body.warnings) say(warning);
    onDone();
  };
  const { problem, busy } = command;
  return (
    <Section
      title="Calendar"
      note="Whose public holidays are no working days, and whose clock ends a day. Deadlines of requests to come count by it."
    >
      <Allowed roles={["owner"]} to="says by which calendar it counts">
        <Form
          onSubmit={submit}
          busy={busy}
          problem={problem}
          fields={["country", "time_zone"]}
          submit="Count by it"
        >
          <Field
            form={form}
            name="country"
            label="Country of the controller"
            hint="Two letters, such as DE."
            problem={problem}
          />
          <Field
            form={form}
            name="time_zone"
            label="Time zone"
            placeholder="Europe/Berlin"
            hint="Left out: that of the country, or UTC."
            problem={problem}
          />
        </Form>
      </Allowed>
    </Section>
  );
};

const Compliance = (_: PageProps) => {
  const question = useQuestion<Lake>("");
  return (
    <>
      <PageHead
        title="Compliance"
        lead="What this lake demands, and by which calendar it counts."
      />
      {question.state === "loading" ? (
        <Waiting />
      ) : question.state === "failed" ? (
        <Refusal problem={question.problem} retry={question.reload} />
      ) : (
        <>
          <Facts
            of={[
              [
                "Level",
                <Badge key="level" status="appended" label={question.body.compliance_level} />,
              ],
              ["Region", question.body.region],
              [
                "Held in",
                question.body.residency.jurisdiction === null
                  ? "no jurisdiction in particular"
                  : `${question.body.residency.jurisdiction}${question.body.residency.enforced ? ", enforced by the platform" : ", which the platform does not enforce here"}`,
              ],
              ["Country", question.body.country],
              ["Time zone", question.body.time_zone ?? "that of the country, or UTC"],
              ["Owner", question.body.owner_id],
              ["Created", <Time key="created" at={question.body.created_at} />],
            ]}
          />
          <Level lake={question.body} onDone={question.reload} />
          <Locality lake={question.body} onDone={question.reload} />
        </>
      )}
    </>
  );
};

export const compliancePage: Page = {
  path: "/compliance",
  scope: "lake",
  view: Compliance,
  nav: { group: "Lake", label: "Compliance" },
};
