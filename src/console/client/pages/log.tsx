/** The log as a whole: its signed head, held to what this browser saw before; and how to have it all. */
import { useCallback, useState } from "preact/hooks";
import { type PageProps, useScope } from "../context.ts";
import { count, plural } from "../format.ts";
import { useCommand } from "../hooks.ts";
import type { Page } from "../pages.ts";
import type { Evidence, Memory } from "../proof/check.ts";
import { checkLog, type LogProof } from "../proof/checkLog.ts";
import { toBase64 } from "../proof/note.ts";
import { Copyable } from "../ui/copyable.tsx";
import { Download } from "../ui/download.tsx";
import { Facts, PageHead, Refusal, Section } from "../ui/parts.tsx";
import { Checked } from "../ui/proof.tsx";
import { useSay } from "../ui/toasts.tsx";

const NO =
  "The log is not the one that it was, or is not signed as it says. Keep this page, and tell somebody.";

const verdictOf = (proof: LogProof | null): string =>
  proof === null || proof.before === null
    ? "The log is signed by the lake's key. From now on this browser will see whether it only grows."
    : `The log has only grown since your last visit: from ${plural(proof.before.size, "event")} to ${count(proof.head?.size ?? 0)}.`;

const Head = ({ proof }: { readonly proof: LogProof }) => {
  const { head, before } = proof;
  return head === null ? null : (
    <Facts
      of={[
        ["Log", <code key="origin">{head.origin}</code>],
        ["Events", count(head.size)],
        ["Root", <code key="root">{toBase64(head.root)}</code>],
        ["Signatures", count(head.signatures.length)],
        [
          "Seen here before",
          before === null ? "not yet" : `${plural(before.size, "event")} at the last visit`,
        ],
      ]}
    />
  );
};

interface Kept {
  readonly size: number;
  readonly key: string;
}

const Keep = () => {
  const command = useCommand();
  const say = useSay();
  const [kept, setKept] = useState<Kept | null>(null);
  const keep = async () => {
    const done = await command.run<Kept>("/log/checkpoint");
    if (done === null) return;
    setKept(done.body);
    const of = plural(done.body.size, "event");
    say(
      done.status === 201 ? `A checkpoint of ${of} is kept.` : `One of ${of} had been kept before.`,
    );
  };
  return (
    <>
      <button type="button" aria-disabled={command.busy} onClick={keep}>
        Keep a checkpoint now
      </button>
      {command.problem === null ? null : <Refusal problem={command.problem} />}
      {kept === null ? null : (
        <p class="note">
          In the object store: <code>{kept.key}</code>
        </p>
      )}
    </>
  );
};

/** What somebody runs who believes neither the server nor this page. */
const commandFor = (lake: string | null, key: string): string =>
  `npm run verify -- ${location.origin}/lakes/${encodeURIComponent(lake ?? "")} --key '${key.trim()}' --save seen`;

const Verify = ({ proof }: { readonly proof: LogProof }) => {
  const { lake } = useScope();
  return (
    <>
      <Section
        title="To be kept elsewhere"
        note="Whoever has these two can tell later whether the log was changed behind them, and by whose key it was signed."
      >
        <Copyable label="The signed checkpoint" text={proof.note} />
        <Copyable label="The lake's verifier key" text={proof.key.trim()} />
      </Section>
      <Section
        title="Check it without this page"
        note="From a copy of Lethe's sources, which need not be the one that runs here: it reads everything that the lake signs, computes every hash anew, and says which event does not fit. A token goes into the variable LETHE_TOKEN."
      >
        <Copyable label="In a terminal" text={commandFor(lake, proof.key)} />
        <p class="note">
          The next time, with --since seen/checkpoint and --copy seen/events.ndjson, it holds the
          log to what it saw then.
        </p>
      </Section>
    </>
  );
};

const Log = (_: PageProps) => {
  const { lake } = useScope();
  const [proof, setProof] = useState<LogProof | null>(null);
  const [asked, setAsked] = useState(0);
  // `asked` counts the wishes to check again.
  const check = useCallback(
    async (evidence: Evidence, known: Memory | null) => {
      const checked = await checkLog(evidence, known);
      setProof(checked);
      return checked;
    },
    [asked],
  );
  return (
    <>
      <PageHead
        title="Log and proofs"
        lead="Every event is a leaf of one tree (RFC 6962), whose head the lake signs. This page checks it itself."
      >
        <button type="button" onClick={() => setAsked(asked + 1)}>
          Check again
        </button>
      </PageHead>
      {proof === null ? null : <Head proof={proof} />}
      <Section title="Since the last visit">
        <Checked check={check} yes={verdictOf(proof)} no={NO} />
      </Section>
      <Section
        title="Have it whole"
        note="Each line is the leaf of one event, byte for byte: its hashes are those of the tree. Sealed fields stay ciphertext."
      >
        <div class="actions">
          <Download path="/events?format=ndjson" filename={`${lake}-events.ndjson`}>
            Download the whole log
          </Download>
          <Keep />
        </div>
      </Section>
      {proof === null ? null : <Verify proof={proof} />}
    </>
  );
};

export const logPage: Page = {
  path: "/log",
  scope: "lake",
  view: Log,
  nav: { group: "Evidence", label: "Log and proofs" },
};
