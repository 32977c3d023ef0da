/** One webhook: what it was told and how that went, what is sent again, and its end. */
import { withQuery } from "../api/http.ts";
import { type PageProps, useScope } from "../context.ts";
import { count } from "../format.ts";
import { useCommand, useListing, useQuestion } from "../hooks.ts";
import { eventName } from "../notified.ts";
import type { Page } from "../pages.ts";
import { go } from "../place.ts";
import { urlOf } from "../router.ts";
import { Badge, Facts, LakeLink, PageHead, Refusal, Section, Time, Waiting } from "../ui/parts.tsx";
import { Remove } from "../ui/remove.tsx";
import { StatusFilter } from "../ui/statusFilter.tsx";
import { ListTable } from "../ui/table.tsx";
import { useSay } from "../ui/toasts.tsx";
import { type Delivery, outcomeOf, urlText, type Webhook } from "../webhooks.ts";

const STATUSES = ["pending", "delivered", "parked"] as const;

interface ResendProps {
  readonly path: string;
  readonly delivery: Delivery;
  readonly onDone: () => void;
}

const Resend = ({ path, delivery, onDone }: ResendProps) => {
  const command = useCommand();
  const say = useSay();
  const { delivery_id, seq } = delivery;
  const send = async () => {
    const url = `${path}/deliveries/${encodeURIComponent(delivery_id)}/resend`;
    if ((await command.run(url)) === null) return;
    say(`The notification of event ${seq} is sent once more.`);
    onDone();
  };
  return (
    <>
      <button
        type="button"
        class="quiet"
        aria-label={`Send again: event ${seq}`}
        aria-disabled={command.busy}
        onClick={send}
      >
        Send again
      </button>
      {command.problem === null ? null : <Refusal problem={command.problem} />}
    </>
  );
};

const Deliveries = ({ path, query }: Pick<PageProps, "query"> & { readonly path: string }) => {
  const list = useListing<Delivery>(withQuery(`${path}/deliveries`, { status: query.status }));
  return (
    <Section
      title="Notifications"
      note="In the order of their events, for 30 days. What fails is tried again, ever less often, and parked after the last try."
    >
      <StatusFilter path={path} name="status" query={query} statuses={STATUSES} />
      <div class="actions">
        <button type="button" onClick={list.reload}>
          Look again
        </button>
      </div>
      <ListTable
        caption="Notifications, in the order of their events"
        one="notification"
        list={list}
        keyOf={({ delivery_id }) => delivery_id}
        empty={<p>There is no such notification.</p>}
        columns={[
          {
            title: "Event",
            cell: ({ seq, type }) => (
              <LakeLink to={`/events/${seq}`}>{`${seq} ${eventName(type)}`}</LakeLink>
            ),
          },
          { title: "Status", cell: ({ status }) => <Badge status={status} /> },
          { title: "Outcome", cell: outcomeOf },
          { title: "Attempts", figures: true, cell: ({ attempts }) => count(attempts) },
          {
            title: "Last tried",
            cell: ({ attempted_at }) => (attempted_at === null ? "" : <Time at={attempted_at} />),
          },
          {
            title: "Again",
            cell: (delivery) => <Resend path={path} delivery={delivery} onDone={list.reload} />,
          },
        ]}
      />
    </Section>
  );
};

const OneWebhook = ({ params, query }: PageProps) => {
  const { lake } = useScope();
  const path = `/webhooks/${encodeURIComponent(params.id ?? "")}`;
  const question = useQuestion<Webhook>(path);
  if (question.state === "loading") return <Waiting />;
  if (question.state === "failed") {
    return (
      <>
        <PageHead title="Webhook" />
        <Refusal problem={question.problem} retry={question.reload} />
      </>
    );
  }
  const { body } = question;
  const active = body.status === "active";
  return (
    <>
      <PageHead title={urlText(body)}>
        {active ? (
          <Remove
            label="Remove"
            of="this webhook"
            path={path}
            title="Tell it no more?"
            onDone={() => go(urlOf(lake, "/webhooks"))}
          >
            What it has not been told yet it will not be told. Its secret opens nothing any more.
          </Remove>
        ) : null}
      </PageHead>
      <Facts
        of={[
          ["Status", <Badge key="status" status={body.status} />],
          ["Datasets", body.datasets?.join(", ") ?? "all"],
          ["Registered", <Time key="at" at={body.registered_at} />],
          ["About", body.events.map(eventName).join(", ")],
          ["Id", <code key="id">{body.webhook_id}</code>],
        ]}
      />
      {active ? <Deliveries path={path} query={query} /> : null}
    </>
  );
};

export const webhookPage: Page = { path: "/webhooks/:id", scope: "lake", view: OneWebhook };
