/** For whoever runs Lethe: whether it can do its work, and what lakes have given up or try in vain. */
import { useEffect, useState } from "preact/hooks";
import type { Answer } from "../api/http.ts";
import { withQuery } from "../api/http.ts";
import type { Page as Items } from "../api/pages.ts";
import type { LakeItem } from "../api/types.ts";
import { type PageProps, useScope } from "../context.ts";
import { count, plural, words } from "../format.ts";
import { quietly, useCommand, useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { go } from "../place.ts";
import { askReadiness, type Parked, parkedRows, type Readiness } from "../readiness.ts";
import { urlOf } from "../router.ts";
import { Field, useForm } from "../ui/form.tsx";
import { Badge, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { Table } from "../ui/table.tsx";
import { useSay } from "../ui/toasts.tsx";

const PATH = "/operations";
/** As many as a person chooses from. */
const MOST = 1000;

const Checks = ({ of }: { readonly of: Readiness }) => {
  const failing = of.checks.filter(({ ok }) => !ok).length;
  return (
    <>
      <p class={failing === 0 ? "verdict held" : "verdict failed"} role="status">
        {failing === 0
          ? "Everything works that Lethe stands on."
          : `${plural(failing, "check")} of ${count(of.checks.length)} failed.`}
      </p>
      <Table
        caption="Checks, those that failed at the top"
        rows={[...of.checks].sort((a, b) => Number(a.ok) - Number(b.ok))}
        keyOf={({ name }) => name}
        empty={<p>Nothing was checked.</p>}
        columns={[
          { title: "Check", cell: ({ name }) => name },
          {
            title: "State",
            cell: ({ ok }) => (
              <Badge status={ok ? "completed" : "failed"} label={ok ? "works" : "does not work"} />
            ),
          },
          { title: "Detail", cell: ({ detail }) => detail ?? "" },
          { title: "Took", figures: true, cell: ({ ms }) => `${count(ms)} ms` },
        ]}
      />
      <p class="more">
        <span>
          Found out at <Time at={of.checked_at} near={false} />
        </span>
      </p>
    </>
  );
};

const Health = () => {
  const { platform } = useScope();
  const [answer, setAnswer] = useState<Answer<Readiness> | null>(null);
  const [asked, setAsked] = useState(0);
  // `asked` counts the wishes to ask again.
  useEffect(() => {
    const controller = new AbortController();
    quietly(askReadiness(platform, controller.signal).then(setAnswer), controller.signal);
    return () => controller.abort();
  }, [platform, asked]);
  const again = () => setAsked(asked + 1);
  return (
    <Section title="Health">
      {answer === null ? (
        <Waiting what="Checking" />
      ) : answer.ok ? (
        <>
          <Checks of={answer.body} />
          <button type="button" onClick={again}>
            Check again
          </button>
        </>
      ) : (
        <Refusal problem={answer.problem} retry={again} />
      )}
    </Section>
  );
};

const LakeChoice = ({ lake_id }: { readonly lake_id: string }) => {
  const lakes = useQuestion<Items<LakeItem>>(`/lakes?limit=${MOST}`);
  const form = useForm({ lake_id });
  const items = lakes.state === "ready" ? lakes.body.items : [];
  const all = lake_id === "" || items.some((one) => one.lake_id === lake_id);
  return (
    <form
      class="filter"
      onSubmit={(event) => {
        event.preventDefault();
        go(urlOf(null, PATH, { lake_id: form.values.lake_id }));
      }}
    >
      <Field
        form={form}
        name="lake_id"
        label="Lake"
        options={[
          ["", "Choose a lake"],
          ...(all ? [] : [[lake_id, lake_id] as const]),
          ...items.map((one) => [one.lake_id, one.name ?? one.lake_id] as const),
        ]}
      />
      <button type="submit">Look</button>
    </form>
  );
};

interface RedriveProps {
  readonly lake_id: string;
  readonly onDone: () => void;
}

const Redrive = ({ lake_id, onDone }: RedriveProps) => {
  const command = useCommand();
  const say = useSay();
  const redrive = async () => {
    if ((await command.run("/admin/redrive", { lake_id })) === null) return;
    say(`All of it is due again in ${lake_id}.`);
    onDone();
  };
  return (
    <>
      <button type="button" class="primary" aria-disabled={command.busy} onClick={redrive}>
        Take all of it up again
      </button>
      {command.problem === null ? null : <Refusal problem={command.problem} />}
    </>
  );
};

const ParkedWork = ({ lake_id }: { readonly lake_id: string }) => {
  const question = useQuestion<Parked>(withQuery("/admin/parked", { lake_id }));
  if (question.state === "loading") return <Waiting />;
  if (question.state === "failed") {
    return <Refusal problem={question.problem} retry={question.reload} />;
  }
  const rows = parkedRows(question.body);
  return (
    <>
      <Table
        caption="What the lake has given up, or tries in vain"
        rows={rows}
        keyOf={({ key }) => key}
        empty={<p>{`Nothing is parked in ${lake_id}.`}</p>}
        columns={[
          {
            title: "What",
            cell: ({ what, webhook_id }) =>
              webhook_id === null ? (
                words(what)
              ) : (
                <a href={urlOf(lake_id, `/webhooks/${encodeURIComponent(webhook_id)}`)}>
                  {words(what)}
                </a>
              ),
          },
          {
            title: "Was due",
            cell: ({ due_at }) => (due_at === null ? "" : <Time at={due_at} />),
          },
          {
            title: "Attempts",
            figures: true,
            cell: ({ attempts }) => (attempts === null ? "" : count(attempts)),
          },
          { title: "Why", cell: ({ last_error }) => last_error ?? "" },
        ]}
      />
      <div class="actions">
        {rows.length === 0 ? null : <Redrive lake_id={lake_id} onDone={question.reload} />}
        <button type="button" onClick={question.reload}>
          Look again
        </button>
      </div>
    </>
  );
};

const Operations = ({ query }: PageProps) => {
  const lake_id = query.lake_id ?? "";
  return (
    <>
      <PageHead title="Operations" lead="For administrators of the platform." />
      <Health />
      <Section
        title="Parked work"
        note="What a lake has given up after its last try, or goes on trying in vain. Once the cause is gone it is taken up again, at once."
      >
        <LakeChoice key={lake_id} lake_id={lake_id} />
        {lake_id === "" ? null : <ParkedWork lake_id={lake_id} />}
      </Section>
    </>
  );
};

export const operationsPage: Page = {
  path: PATH,
  scope: "platform",
  view: Operations,
  nav: { group: "All lakes", label: "Operations" },
};
