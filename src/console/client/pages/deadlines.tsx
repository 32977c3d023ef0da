/** The calendar of the law by itself: when a request received then has to be answered, and why then. */
import type { PageProps } from "../context.ts";
import type { Page } from "../pages.ts";
import { DeadlinePreview } from "../ui/deadlinePreview.tsx";
import { Field, useForm } from "../ui/form.tsx";
import { PageHead, Section } from "../ui/parts.tsx";

const Deadlines = ({ query }: PageProps) => {
  const form = useForm({
    received_at: query.received_at ?? new Date().toISOString().slice(0, 10),
    country: query.country ?? "",
    time_zone: query.time_zone ?? "",
  });
  const { received_at, country, time_zone } = form.values;
  return (
    <>
      <PageHead
        title="Deadlines"
        lead="When a person has to have an answer: one month from receipt, as the law counts it (Art. 12(3) GDPR, Reg. 1182/71 Art. 3)."
      />
      <form class="form" onSubmit={(event) => event.preventDefault()}>
        <Field form={form} name="received_at" label="Received on" kind="date" required />
        <Field
          form={form}
          name="country"
          label="Country of the controller"
          hint="Two letters, such as DE: its public holidays are no working days."
        />
        <Field
          form={form}
          name="time_zone"
          label="Time zone"
          placeholder="Europe/Berlin"
          hint="Whose clock ends the day. Left out: that of the country, or UTC."
        />
      </form>
      <Section title="Then it is due">
        {received_at === "" ? (
          <p class="note">Choose a date.</p>
        ) : country.length === 1 ? (
          <p class="note">A country has two letters.</p>
        ) : (
          <DeadlinePreview
            received_at={received_at}
            country={country === "" ? null : country.toUpperCase()}
            time_zone={time_zone === "" ? null : time_zone}
          />
        )}
      </Section>
    </>
  );
};

export const deadlinesPage: Page = {
  path: "/deadlines",
  scope: "platform",
  view: Deadlines,
  nav: { group: "All lakes", label: "Deadlines" },
};
