/**
 * Who a request is of, and why: sealed, until somebody asks to see it. That is recorded before it is
 * shown, and said before it is asked for; what was shown is gone with the page.
 */
import { useState } from "preact/hooks";
import { withQuery } from "../api/http.ts";
import type { Problem } from "../api/problem.ts";
import { useScope } from "../context.ts";
import { words } from "../format.ts";
import type { Sealing, Secret } from "../requests.ts";
import { Allowed, PRIVACY } from "./allowed.tsx";
import { Confirm } from "./confirm.tsx";
import { Badge, Facts, Section, Time } from "./parts.tsx";
import { Table } from "./table.tsx";

const Shown = ({ of }: { readonly of: Secret | undefined }) =>
  typeof of === "string" ? (
    <span class="revealed">{of}</span>
  ) : of !== undefined && "erased" in of ? (
    <span class="none">erased: its key is destroyed</span>
  ) : (
    <span class="none">sealed</span>
  );

const Decisions = ({ of }: { readonly of: Sealing }) => (
  <Table
    caption="What was decided on the way"
    rows={of.answers}
    keyOf={({ decision, decided_at }) => `${decision} ${decided_at}`}
    empty={<p>Nothing was decided about it yet.</p>}
    columns={[
      { title: "Decision", cell: ({ decision }) => words(decision) },
      { title: "Ground", cell: ({ ground }) => ground ?? <span class="none">none named</span> },
      { title: "Reason", cell: ({ reason }) => <Shown of={reason} /> },
      { title: "At", cell: ({ decided_at }) => <Time at={decided_at} near={false} /> },
    ]}
  />
);

interface RevealProps {
  /** Of the request, such as `/deletions/<id>`. */
  readonly path: string;
  readonly request: Sealing;
}

export const Reveal = ({ path, request }: RevealProps) => {
  const { api } = useScope();
  const [asking, setAsking] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [revealed, setRevealed] = useState<Sealing | null>(null);
  const sealed = typeof request.subject_id === "object" && "sealed" in request.subject_id;
  // What was decided since was not revealed, and what was erased since is to be seen no more.
  const current = sealed && revealed?.answers.length === request.answers.length;
  const opened = current ? revealed : null;
  const reveal = async () => {
    if (busy) return;
    setBusy(true);
    const answer = await api.get<Sealing>(withQuery(path, { reveal: true }));
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    setRevealed(answer.body);
    setAsking(false);
  };
  const shown = opened ?? request;
  return (
    <Section title="The person, and what was decided">
      <Facts
        of={[
          ["Who", <Shown key="who" of={shown.subject_id} />],
          ...(shown.reason === undefined
            ? []
            : [["Why they ask", <Shown key="why" of={shown.reason} />] as const]),
          [
            "Sealed",
            opened !== null ? (
              <Badge key="seal" status="held" label="opened for you, on record" />
            ) : sealed ? (
              "under a key of this person alone"
            ) : (
              "for good: the key is destroyed"
            ),
          ],
        ]}
      />
      <div class="actions">
        {opened !== null ? (
          <button type="button" onClick={() => setRevealed(null)}>
            Hide it again
          </button>
        ) : sealed ? (
          <Allowed roles={PRIVACY} to="reveals who asks">
            <button type="button" onClick={() => setAsking(true)}>
              Reveal…
            </button>
          </Allowed>
        ) : null}
      </div>
      {shown.answers.length === 0 ? null : <Decisions of={shown} />}
      {asking ? (
        <Confirm
          title="Reveal who this is?"
          act="Record it and reveal"
          busy={busy}
          problem={problem}
          onConfirm={reveal}
          onCancel={() => {
            setProblem(null);
            setAsking(false);
          }}
        >
          <p>
            That you looked goes into the access log first, under your name and for good. Then the
            person's id and all reasons are shown on this page, until you leave it.
          </p>
        </Confirm>
      ) : null}
    </Section>
  );
};
