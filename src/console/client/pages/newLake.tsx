/** Makes a lake. */
import type { Recorded } from "../api/types.ts";
import type { PageProps } from "../context.ts";
import { useCommand } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { go } from "../place.ts";
import { urlOf } from "../router.ts";
import { Field, Form, useForm } from "../ui/form.tsx";
import { PageHead } from "../ui/parts.tsx";
import { useSay } from "../ui/toasts.tsx";

const FIELDS = ["name", "lake_id", "region", "compliance_level", "country"] as const;

const LEVELS = [
  ["gdpr", "gdpr: people are forgotten on request"],
  ["strict", "strict: besides, encrypted and approved"],
  ["standard", "standard: for data of no person"],
] as const;

const NewLake = (_: PageProps) => {
  const form = useForm({
    name: "",
    lake_id: "",
    region: "eu",
    compliance_level: "gdpr",
    country: "",
  });
  const command = useCommand();
  const say = useSay();
  const submit = async () => {
    const { name, region, compliance_level, lake_id, country } = form.values;
    const made = await command.run<Recorded & { readonly lake: { readonly lake_id: string } }>(
      "/lakes",
      {
        name,
        region,
        compliance_level,
        ...(lake_id === "" ? {} : { lake_id }),
        ...(country === "" ? {} : { country: country.toUpperCase() }),
      },
    );
    if (made === null) return;
    say(made.body.message);
    go(urlOf(made.body.lake.lake_id, "/"));
  };
  const { problem, busy } = command;
  return (
    <>
      <PageHead title="New lake" lead="Its level can be raised later, never lowered." />
      <Form
        onSubmit={submit}
        busy={busy}
        problem={problem}
        fields={FIELDS}
        submit="Create the lake"
      >
        <Field form={form} name="name" label="Name" required problem={problem} />
        <Field
          form={form}
          name="lake_id"
          label="Id"
          hint="How it is called in addresses. Left out, Lethe makes one."
          problem={problem}
        />
        <Field
          form={form}
          name="region"
          label="Region"
          required
          hint="Where its data lies, such as eu."
          problem={problem}
        />
        <Field
          form={form}
          name="compliance_level"
          label="Compliance level"
          options={LEVELS}
          required
          problem={problem}
        />
        <Field
          form={form}
          name="country"
          label="Country of the controller"
          hint="Two letters, such as DE: its public holidays count when deadlines are worked out."
          problem={problem}
        />
      </Form>
    </>
  );
};

export const newLakePage: Page = { path: "/new-lake", scope: "platform", view: NewLake };
