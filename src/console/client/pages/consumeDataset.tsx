/** What is published of one dataset, and the way to have it: all of it, or one batch. */
import { useState } from "preact/hooks";
import { withQuery } from "../api/http.ts";
import type { Batch } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { bytes, count, plural } from "../format.ts";
import { type Format, firstExpiry, type Item, joined, type Manifest } from "../handOut.ts";
import { useCommand, useListing } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { Allowed } from "../ui/allowed.tsx";
import { Field, Form, useForm } from "../ui/form.tsx";
import { LakeLink, PageHead, Section, Time } from "../ui/parts.tsx";
import { ReadingLines } from "../ui/readingLines.tsx";
import { ListTable, Table } from "../ui/table.tsx";

const FIELDS = ["purpose", "format", "consumer"];

const FORMATS = [
  ["parquet", "Parquet"],
  ["csv", "CSV"],
] as const;

const CONSUMERS = ["owner", "steward", "analyst"];

const Published = ({ name, chosen }: { readonly name: string; readonly chosen?: string }) => {
  const list = useListing<Batch>(withQuery("/batches", { dataset: name, state: "published" }));
  const here = `/consume/${encodeURIComponent(name)}`;
  return (
    <Section title="Published">
      <ListTable
        caption={`Published batches of ${name}`}
        one="batch"
        many="batches"
        list={list}
        keyOf={({ batch_id }) => batch_id}
        empty={<p>Nothing is published of it yet.</p>}
        columns={[
          {
            title: "Batch",
            cell: ({ batch_id }) => (
              <LakeLink to={`/batches/${encodeURIComponent(batch_id)}`} class="row-link">
                {batch_id}
              </LakeLink>
            ),
          },
          {
            title: "Rows",
            figures: true,
            cell: ({ published }) => (published ? count(published.rows) : ""),
          },
          {
            title: "Published",
            cell: ({ published }) => (published ? <Time at={published.published_at} /> : ""),
          },
          {
            title: "Get",
            cell: ({ batch_id }) =>
              batch_id === chosen ? (
                "chosen"
              ) : (
                <LakeLink to={here} query={{ batch: batch_id }}>
                  Only this batch
                </LakeLink>
              ),
          },
        ]}
      />
    </Section>
  );
};

const Files = ({ of }: { readonly of: Manifest }) => (
  <>
    <Table
      caption="Files that were handed out"
      rows={of.items}
      keyOf={({ batch_id }) => batch_id}
      empty={<p>There is no file in it.</p>}
      columns={[
        { title: "Batch", cell: ({ batch_id }) => batch_id },
        {
          title: "Rows",
          figures: true,
          cell: ({ rows }) => (rows === undefined ? "" : count(rows)),
        },
        {
          title: "Size",
          figures: true,
          cell: (item) => (item.bytes === undefined ? "" : bytes(item.bytes)),
        },
        {
          title: "File",
          cell: ({ batch_id, download_url }) => (
            <a href={download_url} download>
              Download {batch_id}
            </a>
          ),
        },
      ]}
    />
    {of.unchanged.length === 0 ? null : (
      <p class="note">
        {`Unchanged since then, and not given again: ${of.unchanged
          .map(({ batch_id }) => batch_id)
          .join(", ")}. What you hold and is in neither list is not to be used any more.`}
      </p>
    )}
    {of.left_out.length === 0 ? null : (
      <Table
        caption="Batches that are left out"
        rows={of.left_out}
        keyOf={({ batch_id }) => batch_id}
        empty={null}
        columns={[
          { title: "Left out", cell: ({ batch_id }) => batch_id },
          { title: "Why", cell: ({ reason }) => reason },
        ]}
      />
    )}
  </>
);

interface Given {
  readonly manifest: Manifest;
  /** Whether it is of the dataset, which can be asked what has changed since. */
  readonly whole: boolean;
}

interface HandedProps {
  readonly given: Given;
  readonly busy: boolean;
  readonly onMore: (cursor: string) => void;
  readonly onSince: (since: string) => void;
}

const Handed = ({ given: { manifest, whole }, busy, onMore, onSince }: HandedProps) => {
  const { items, format, next_cursor, as_of } = manifest;
  const until = firstExpiry(items);
  return (
    <>
      <p class="verdict" role="status">
        {`${plural(items.length, "file")} handed out, and that is on record.`}
        {until === null ? null : (
          <>
            {" The links open until "}
            <Time at={until} near={false} />
          </>
        )}
      </p>
      <Files of={manifest} />
      <ReadingLines urls={items.map(({ download_url }) => download_url)} format={format} />
      <div class="actions">
        {next_cursor === null ? null : (
          <button type="button" aria-disabled={busy} onClick={() => onMore(next_cursor)}>
            Get the next ones
          </button>
        )}
        {whole && next_cursor === null ? (
          <button type="button" aria-disabled={busy} onClick={() => onSince(as_of)}>
            What has changed since?
          </button>
        ) : null}
      </div>
    </>
  );
};

const ConsumeDataset = ({ params, query }: PageProps) => {
  const name = params.name ?? "";
  const { batch } = query;
  const form = useForm({ purpose: "", format: "parquet", consumer: "" });
  const command = useCommand();
  const [given, setGiven] = useState<Given | null>(null);
  const asked = () => {
    const { purpose, consumer } = form.values;
    const format: Format = form.values.format === "csv" ? "csv" : "parquet";
    return {
      format,
      ...(purpose === "" ? {} : { purpose }),
      ...(consumer === "" ? {} : { consumer }),
    };
  };
  const one = async (batch_id: string) => {
    const body = asked();
    const got = await command.run<Omit<Item, "batch_id">>("/consume-batch", { batch_id, ...body });
    if (got === null) return;
    const { download_url, expires_at } = got.body;
    const items = [{ batch_id, download_url, expires_at }];
    const none = { unchanged: [], left_out: [], next_cursor: null, as_of: "" };
    setGiven({ manifest: { ...none, format: body.format, items }, whole: false });
  };
  const all = async (more: { readonly since?: string; readonly cursor?: string } = {}) => {
    const path = `/datasets/${encodeURIComponent(name)}/consume`;
    const got = await command.run<Manifest>(path, { ...asked(), ...more });
    if (got === null) return;
    const before = more.cursor === undefined ? undefined : given?.manifest;
    setGiven({
      manifest: before === undefined ? got.body : joined(before, got.body),
      whole: true,
    });
  };
  const { problem, busy } = command;
  return (
    <>
      <PageHead
        title={name}
        lead={
          batch === undefined ? (
            "All that is published of it, as files."
          ) : (
            <>
              {`The batch ${batch}, as a file. `}
              <LakeLink to={`/consume/${encodeURIComponent(name)}`}>
                All that is published instead
              </LakeLink>
            </>
          )
        }
      />
      <Allowed roles={CONSUMERS} to="are handed out data">
        <Form
          onSubmit={() => (batch === undefined ? all() : one(batch))}
          busy={busy}
          problem={problem}
          fields={FIELDS}
          submit="Get links"
        >
          <Field
            form={form}
            name="purpose"
            label="Purpose"
            hint="What you need it for. It is on record beside your name, before you have the data."
            problem={problem}
          />
          <Field form={form} name="format" label="Format" options={FORMATS} problem={problem} />
          <Field
            form={form}
            name="consumer"
            label="For"
            hint="Left out, it is for you. An owner or a steward may name somebody else."
            problem={problem}
          />
        </Form>
      </Allowed>
      {given === null ? null : (
        <Section title="Handed out">
          <Handed
            given={given}
            busy={busy}
            onMore={(cursor) => all({ cursor })}
            onSince={(since) => all({ since })}
          />
        </Section>
      )}
      <Published name={name} {...(batch === undefined ? {} : { chosen: batch })} />
    </>
  );
};

export const consumeDatasetPage: Page = {
  path: "/consume/:name",
  scope: "lake",
  view: ConsumeDataset,
};
