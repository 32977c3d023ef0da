/** The certificate of an erasure: to be read, printed, taken along, and checked by this page itself. */
import { useCallback } from "preact/hooks";
import type { PageProps } from "../context.ts";
import { count, plural, utc, words } from "../format.ts";
import { useQuestion } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { checkCertificate } from "../proof/certificate.ts";
import type { Evidence, Memory } from "../proof/check.ts";
import type { Recipient, Withheld } from "../requests.ts";
import { save } from "../save.ts";
import { Facts, LakeLink, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { Checked } from "../ui/proof.tsx";
import { Table } from "../ui/table.tsx";
import { Recipients } from "./deletion.tsx";

interface ErasureFacts {
  readonly deletion_id: string;
  readonly subject_ref: string;
  readonly requested_by: string;
  readonly received_at: string;
  readonly started_at: string;
  readonly completed_at: string;
  readonly deadline: string;
  readonly statutory_deadline: string;
  readonly deadline_kept: boolean;
  readonly batches: { readonly looked_at: number; readonly opened: number; readonly hit: number };
  readonly rows_removed: number;
  readonly objects: readonly {
    readonly batch_id: string;
    readonly from: string;
    readonly to: string | null;
    readonly rows_removed: number;
  }[];
  readonly objects_omitted?: number;
  readonly destroyed?: readonly { readonly batch_id: string; readonly reason: string }[];
  readonly lost_files?: readonly { readonly batch_id: string }[];
  readonly unreadable_datasets?: readonly string[];
  readonly uploads: { readonly scanned: number; readonly deleted: number };
  readonly withheld: readonly Withheld[];
  readonly recipients: readonly Recipient[];
  readonly recipients_omitted?: number;
  /** By list: how many it had no room for. */
  readonly omitted?: Readonly<Record<string, number>>;
  readonly held_elsewhere?: readonly string[];
  readonly not_searched?: readonly string[];
  readonly scope?: string;
  readonly verification: {
    readonly rounds: number;
    readonly objects: number;
    readonly rows_read: number;
    readonly rows_found: number;
  };
  readonly residual_until: string;
}

interface CertificateFile {
  readonly certificate: {
    readonly lake_id: string;
    readonly event: { readonly seq: number; readonly type: string; readonly recorded_at: string };
    readonly facts: ErasureFacts;
  };
  readonly verifier_key: string;
}

const Erased = ({ of }: { readonly of: ErasureFacts }) => {
  const omitted = of.objects_omitted ?? 0;
  return (
    <Section title="What was erased">
      <Facts
        of={[
          ["Rows removed", count(of.rows_removed)],
          [
            "Batches",
            `${count(of.batches.hit)} with the person, of ${count(of.batches.looked_at)} looked at`,
          ],
          ["Uploads", `${count(of.uploads.deleted)} deleted`],
          [
            "Read once more",
            `${plural(of.verification.rows_read, "row")} in ${plural(of.verification.rounds, "round")}, ${count(of.verification.rows_found)} of the person found`,
          ],
          ["Keys", "destroyed: what was sealed under them opens no more"],
          [
            "Out of the platform's own recovery",
            <Time key="residual" at={of.residual_until} near={false} />,
          ],
        ]}
      />
      {of.scope === undefined ? null : <p class="note">{of.scope}</p>}
      <Table
        caption="Objects that were rewritten or deleted"
        rows={of.objects}
        keyOf={({ from }) => from}
        empty={<p>No object held the person.</p>}
        columns={[
          { title: "Batch", cell: ({ batch_id }) => batch_id },
          {
            title: "Object",
            cell: ({ from }) => <code>{from.split("/").slice(3).join("/")}</code>,
          },
          { title: "Rows removed", figures: true, cell: (one) => count(one.rows_removed) },
          {
            title: "Then",
            cell: ({ to }) => (to === null ? "deleted" : "written anew without the person"),
          },
        ]}
      />
      {omitted === 0 ? null : (
        <p class="more">{`${plural(omitted, "object")} more: the log names them.`}</p>
      )}
    </Section>
  );
};

/** What somebody has to know who relies on it. Older logs leave lists out that they did not have. */
const exceptionsIn = (of: ErasureFacts): readonly string[] => [
  ...of.withheld.map(
    ({ dataset, ground, until }) => `${dataset} is kept on ${ground} until ${utc(until)}.`,
  ),
  ...(of.destroyed ?? []).map(
    ({ batch_id, reason }) => `Batch ${batch_id} was destroyed whole: it was ${reason}.`,
  ),
  ...(of.lost_files ?? []).map(
    ({ batch_id }) => `The file of batch ${batch_id} was not there any more.`,
  ),
  ...(of.unreadable_datasets ?? []).map(
    (name) => `${name} opens for nobody: its key was destroyed.`,
  ),
  ...(of.held_elsewhere ?? []).map(
    (name) => `Data of ${name} lies elsewhere, where Lethe does not reach.`,
  ),
  ...(of.not_searched ?? []).map(
    (name) => `${name} was not searched: no column says there whose a row is.`,
  ),
  ...Object.entries(of.omitted ?? {}).flatMap(([name, many]) =>
    many === 0 ? [] : [`${count(many)} more stand in no list here: ${words(name)}.`],
  ),
];

const Exceptions = ({ of }: { readonly of: ErasureFacts }) => {
  const said = exceptionsIn(of);
  return said.length === 0 ? null : (
    <Section title="What to know besides">
      <ul class="names">
        {said.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </Section>
  );
};

const CertificateOf = ({ file }: { readonly file: CertificateFile }) => {
  const { certificate, verifier_key } = file;
  const { facts, event, lake_id } = certificate;
  const check = useCallback(
    (evidence: Evidence, known: Memory | null) => checkCertificate(file, evidence, known),
    [file],
  );
  return (
    <>
      <Facts
        of={[
          ["Lake", lake_id],
          [
            "Request",
            <LakeLink key="request" to={`/deletions/${facts.deletion_id}`}>
              <code>{facts.deletion_id}</code>
            </LakeLink>,
          ],
          ["The person, by pseudonym", <code key="subject">{facts.subject_ref}</code>],
          ["Received", <Time key="received" at={facts.received_at} near={false} />],
          ["Begun", <Time key="started" at={facts.started_at} near={false} />],
          ["Completed", <Time key="completed" at={facts.completed_at} near={false} />],
          [
            "In time",
            facts.deadline_kept
              ? `yes: it was due ${utc(facts.deadline)}`
              : `no: it was due ${utc(facts.deadline)}`,
          ],
          ["By law", <Time key="law" at={facts.statutory_deadline} near={false} />],
          ["Recorded for", facts.requested_by],
        ]}
      />
      <div class="actions">
        <button type="button" class="primary" onClick={() => print()}>
          Print
        </button>
        <button
          type="button"
          onClick={() =>
            save(
              `certificate-${facts.deletion_id}.json`,
              "application/json",
              `${JSON.stringify(file, null, 2)}\n`,
            )
          }
        >
          Download as JSON
        </button>
      </div>
      <Section
        title="Proof"
        note="Checked by this page itself, against the lake's log as it is today. The file that is downloaded can be checked without Lethe: npm run verify -- --certificate <file> --key <key>."
      >
        <Checked
          check={check}
          yes="This certificate is the lake's own, and what it says stands in the lake's signed log."
          no="This certificate does not hold. Keep it, and tell somebody."
        />
      </Section>
      <Erased of={facts} />
      <Exceptions of={facts} />
      <Recipients of={facts.recipients} omitted={facts.recipients_omitted ?? 0} />
      <Section title="Where it stands">
        <Facts
          of={[
            [
              "In the log",
              <LakeLink key="event" to={`/events/${event.seq}`}>
                {`Event ${event.seq}, ${event.type}`}
              </LakeLink>,
            ],
            ["Recorded", <Time key="recorded" at={event.recorded_at} near={false} />],
            ["Key of the lake", <code key="key">{verifier_key}</code>],
          ]}
        />
      </Section>
    </>
  );
};

const Certificate = ({ params }: PageProps) => {
  const path = `/deletions/${encodeURIComponent(params.id ?? "")}/certificate`;
  const question = useQuestion<CertificateFile>(path);
  return (
    <>
      <PageHead
        title="Certificate of erasure"
        lead="That a person was forgotten, when and where; who it was, nobody can read any more."
      />
      {question.state === "loading" ? (
        <Waiting />
      ) : question.state === "failed" ? (
        <Refusal problem={question.problem} retry={question.reload} />
      ) : (
        <CertificateOf file={question.body} />
      )}
    </>
  );
};

export const certificatePage: Page = {
  path: "/deletions/:id/certificate",
  scope: "lake",
  view: Certificate,
};
