/** Records that somebody asks to be forgotten, and shows while it is typed when that will be due. */
import type { Recorded } from "../api/types.ts";
import { type PageProps, useScope } from "../context.ts";
import { moment } from "../format.ts";
import { useCommand } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { go } from "../place.ts";
import { urlOf } from "../router.ts";
import { DueHere } from "../ui/deadlinePreview.tsx";
import { Field, Form, useForm } from "../ui/form.tsx";
import { PageHead } from "../ui/parts.tsx";
import { ReceiptFields, SubjectField } from "../ui/requestFields.tsx";
import { useSay } from "../ui/toasts.tsx";

const FIELDS = ["subject_id", "reason", "requested_by", "received_at", "identity_verified"];

const NewDeletion = (_: PageProps) => {
  const { lake } = useScope();
  const form = useForm({
    subject_id: "",
    reason: "",
    requested_by: "",
    received_at: "",
    identity_verified: "",
  });
  const command = useCommand();
  const say = useSay();
  const submit = async () => {
    const { subject_id, reason, requested_by, received_at, identity_verified } = form.values;
    const made = await command.run<
      Recorded & { readonly deletion: { readonly deletion_id: string } }
    >("/deletions", {
      subject_id,
      reason,
      ...(requested_by === "" ? {} : { requested_by }),
      ...(received_at === "" ? {} : { received_at: moment(received_at) }),
      ...(identity_verified === "" ? {} : { identity_verified: identity_verified === "true" }),
    });
    if (made === null) return;
    say(made.body.message);
    for (const warning of made.body.warnings) say(warning);
    go(urlOf(lake, `/deletions/${made.body.deletion.deletion_id}`));
  };
  const { problem, busy } = command;
  return (
    <>
      <PageHead
        title="Record a request to be forgotten"
        lead="Nothing is erased yet: that begins when somebody carries it out, or a day before it is due."
      />
      <Form onSubmit={submit} busy={busy} problem={problem} fields={FIELDS} submit="Record it">
        <SubjectField form={form} problem={problem} />
        <Field
          form={form}
          name="reason"
          label="Reason"
          required
          kind="lines"
          hint="Sealed too."
          problem={problem}
        />
        <ReceiptFields form={form} problem={problem} />
        <Field
          form={form}
          name="identity_verified"
          label="Is it certain who asks"
          options={[
            ["", "not asked about"],
            ["true", "yes, it was confirmed"],
            ["false", "no: proof is asked for (Art. 12(6)); the time runs all the same"],
          ]}
          problem={problem}
        />
      </Form>
      <DueHere typed={form.values.received_at} />
    </>
  );
};

export const newDeletionPage: Page = { path: "/new-deletion", scope: "lake", view: NewDeletion };
