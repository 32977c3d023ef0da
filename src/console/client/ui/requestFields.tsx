/** What every request of a person is recorded with, to be forgotten or to be told. */
import type { Problem } from "../api/problem.ts";
import { Field, type FormState } from "./form.tsx";

interface RequestFieldsProps {
  readonly form: FormState<"subject_id" | "requested_by" | "received_at">;
  readonly problem: Problem | null;
}

export const SubjectField = ({ form, problem }: RequestFieldsProps) => (
  <Field
    form={form}
    name="subject_id"
    label="Who asks, by their id"
    required
    hint="As it stands in the column that names the person. Sealed at once; the log knows a pseudonym."
    problem={problem}
  />
);

export const ReceiptFields = ({ form, problem }: RequestFieldsProps) => (
  <>
    <Field
      form={form}
      name="requested_by"
      label="Recorded for"
      hint="Who brings it in; you, if left out. It stands in clear: name no person who asks."
      problem={problem}
    />
    <Field
      form={form}
      name="received_at"
      label="Received"
      kind="datetime-local"
      hint="By your clock; now, if left out. The time to answer runs from here."
      problem={problem}
    />
  </>
);
