/** Records that somebody asks what is held about them; it is collected at once. */
import type { Recorded } from "../api/types.ts";
import { type PageProps, useScope } from "../context.ts";
import { moment } from "../format.ts";
import { useCommand } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { go } from "../place.ts";
import { urlOf } from "../router.ts";
import { DueHere } from "../ui/deadlinePreview.tsx";
import { Form, useForm } from "../ui/form.tsx";
import { PageHead } from "../ui/parts.tsx";
import { ReceiptFields, SubjectField } from "../ui/requestFields.tsx";
import { useSay } from "../ui/toasts.tsx";

const FIELDS = ["subject_id", "requested_by", "received_at"];

const NewSubjectAccess = (_: PageProps) => {
  const { lake } = useScope();
  const form = useForm({ subject_id: "", requested_by: "", received_at: "" });
  const command = useCommand();
  const say = useSay();
  const submit = async () => {
    const { subject_id, requested_by, received_at } = form.values;
    const made = await command.run<
      Recorded & { readonly subject_access: { readonly subject_access_id: string } }
    >("/subject-access", {
      subject_id,
      ...(requested_by === "" ? {} : { requested_by }),
      ...(received_at === "" ? {} : { received_at: moment(received_at) }),
    });
    if (made === null) return;
    say(made.body.message);
    for (const warning of made.body.warnings) say(warning);
    go(urlOf(lake, `/subject-access/${made.body.subject_access.subject_access_id}`));
  };
  const { problem, busy } = command;
  return (
    <>
      <PageHead
        title="Record a request for access"
        lead="What the lake holds about the person is collected in the background, batch by batch."
      />
      <Form
        onSubmit={submit}
        busy={busy}
        problem={problem}
        fields={FIELDS}
        submit="Record it and collect"
      >
        <SubjectField form={form} problem={problem} />
        <ReceiptFields form={form} problem={problem} />
      </Form>
      <DueHere typed={form.values.received_at} />
    </>
  );
};

export const newSubjectAccessPage: Page = {
  path: "/new-subject-access",
  scope: "lake",
  view: NewSubjectAccess,
};
