/** Registers a dataset: its columns, and what is declared of them. */
import { useState } from "preact/hooks";
import { errorsAt } from "../api/problem.ts";
import type { Recorded } from "../api/types.ts";
import { type PageProps, useScope } from "../context.ts";
import { useCommand } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { go } from "../place.ts";
import { urlOf } from "../router.ts";
import { Field, Form, useForm } from "../ui/form.tsx";
import { PageHead } from "../ui/parts.tsx";
import { Cell, Rows } from "../ui/rows.tsx";
import { useSay } from "../ui/toasts.tsx";

const TYPES = ["string", "int", "decimal", "float", "boolean", "date", "datetime"].map(
  (type) => [type, type] as const,
);

interface Column {
  readonly name: string;
  readonly type: string;
}

const FIELDS = [
  "name",
  "description",
  "contains_pii",
  "subject_column",
  "encryption_enabled",
  "schema",
];

const NewDataset = (_: PageProps) => {
  const { lake } = useScope();
  const [columns, setColumns] = useState<readonly Column[]>([{ name: "", type: "string" }]);
  const form = useForm({
    name: "",
    description: "",
    contains_pii: "",
    subject_column: "",
    encryption_enabled: "false",
  });
  const command = useCommand();
  const say = useSay();
  const submit = async () => {
    const { name, description, contains_pii, subject_column, encryption_enabled } = form.values;
    const named = columns.filter((column) => column.name !== "");
    const made = await command.run<Recorded>("/datasets", {
      name,
      schema: Object.fromEntries(named.map((column) => [column.name, column.type])),
      encryption_enabled: encryption_enabled === "true",
      ...(contains_pii === "" ? {} : { contains_pii: contains_pii === "true" }),
      ...(description === "" ? {} : { description }),
      ...(subject_column === "" ? {} : { subject_column }),
    });
    if (made === null) return;
    say(made.body.message);
    go(urlOf(lake, `/datasets/${encodeURIComponent(name)}`));
  };
  const { problem, busy } = command;
  const faults = errorsAt(problem, "schema");
  return (
    <>
      <PageHead
        title="New dataset"
        lead="What its files will have to be like comes in a contract."
      />
      <Form onSubmit={submit} busy={busy} problem={problem} fields={FIELDS} submit="Register it">
        <Field form={form} name="name" label="Name" required problem={problem} />
        <Field form={form} name="description" label="Description" problem={problem} />
        <Rows
          legend="Columns"
          rows={columns}
          onChange={setColumns}
          fresh={() => ({ name: "", type: "string" })}
          add="Add a column"
          row={(row, set) => (
            <>
              <Cell label="Column" value={row.name} onInput={(name) => set({ name })} />
              <Cell
                label="Type"
                value={row.type}
                options={TYPES}
                onInput={(type) => set({ type })}
              />
            </>
          )}
        />
        {faults.length === 0 ? null : (
          <p class="error" role="alert">
            {faults.map(({ path, message }) => (
              <span key={path}>{`${path}: ${message}`}</span>
            ))}
          </p>
        )}
        <Field
          form={form}
          name="contains_pii"
          label="Personal data"
          options={[
            ["", "not said"],
            ["true", "yes"],
            ["false", "no"],
          ]}
          problem={problem}
        />
        <Field
          form={form}
          name="subject_column"
          label="Column that names the person"
          hint="By it people are found who ask to be forgotten, or to be told."
          problem={problem}
        />
        <Field
          form={form}
          name="encryption_enabled"
          label="Encrypted under its own key"
          options={[
            ["false", "no"],
            ["true", "yes: destroying the key destroys the dataset"],
          ]}
          problem={problem}
        />
      </Form>
    </>
  );
};

export const newDatasetPage: Page = { path: "/new-dataset", scope: "lake", view: NewDataset };
