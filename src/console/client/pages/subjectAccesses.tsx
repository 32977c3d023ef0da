/** Requests for access: what people have asked to be told, and whether they have been. */
import { withQuery } from "../api/http.ts";
import type { PageProps } from "../context.ts";
import { plural, utc } from "../format.ts";
import { useListing } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { type AccessRequest, isUnanswered } from "../requests.ts";
import { Allowed, PRIVACY } from "../ui/allowed.tsx";
import { Badge, Deadline, LakeLink, PageHead, Time } from "../ui/parts.tsx";
import { StatusFilter } from "../ui/statusFilter.tsx";
import { ListTable } from "../ui/table.tsx";

const STATUSES = ["collecting", "ready", "expired", "erased", "rejected"] as const;

/** Ready is not answered: what was collected has to be handed out. */
export const AccessBadge = ({ request }: { readonly request: AccessRequest }) =>
  request.status === "ready" && request.handed_out_at !== null ? (
    <Badge status="completed" label="handed out" />
  ) : request.status === "ready" ? (
    <Badge status="waiting" label="ready, not handed out" />
  ) : (
    <Badge
      status={request.status === "collecting" ? "in_progress" : request.status}
      label={request.status}
    />
  );

const SubjectAccesses = ({ query }: PageProps) => {
  const { status } = query;
  const list = useListing<AccessRequest>(withQuery("/subject-access", { status }));
  return (
    <>
      <PageHead
        title="Requests for access"
        lead="What the lake holds about a person, collected for them to have (Art. 15 and 20 GDPR)."
      >
        <Allowed roles={PRIVACY} to="records requests">
          <LakeLink to="/new-subject-access" class="button primary">
            Record a request
          </LakeLink>
        </Allowed>
      </PageHead>
      <StatusFilter path="/subject-access" name="status" query={query} statuses={STATUSES} />
      <ListTable
        caption="Requests for access, in the order in which they were recorded"
        one="request"
        list={list}
        keyOf={({ subject_access_id }) => subject_access_id}
        empty={<p>Nobody has asked, so far.</p>}
        columns={[
          {
            title: "Due",
            cell: (one) => (
              <div>
                <Deadline at={one.deadline} open={isUnanswered(one)} />
                <span class="near">by law {utc(one.statutory_deadline)}</span>
              </div>
            ),
          },
          {
            title: "Status",
            cell: (one) => (
              <div>
                <AccessBadge request={one} /> {one.overdue ? <Badge status="overdue" /> : null}
              </div>
            ),
          },
          {
            title: "Request",
            cell: ({ subject_access_id }) => (
              <LakeLink to={`/subject-access/${subject_access_id}`} class="row-link">
                <code class="short">{subject_access_id.slice(0, 8)}</code>
              </LakeLink>
            ),
          },
          { title: "Found", cell: ({ rows }) => plural(rows, "row") },
          { title: "Received", cell: ({ received_at }) => <Time at={received_at} /> },
          { title: "Recorded for", cell: ({ requested_by }) => requested_by },
        ]}
      />
    </>
  );
};

export const subjectAccessesPage: Page = {
  path: "/subject-access",
  scope: "lake",
  view: SubjectAccesses,
  nav: { group: "People", label: "Subject access" },
};
