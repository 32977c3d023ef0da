/** Monthly reports as they were kept when their month was over, document by document. */
import { withQuery } from "../api/http.ts";
import { useListing } from "../hooks.ts";
import { Download } from "../ui/download.tsx";
import { Section } from "../ui/parts.tsx";
import { ListTable } from "../ui/table.tsx";

interface Kept {
  readonly month: string;
  readonly jurisdiction: string | null;
  readonly revision: number;
  readonly documents: readonly string[];
}

const pathOf = ({ month, jurisdiction, revision }: Kept, document: string): string =>
  withQuery(`/reports/monthly/archive/${month}/${encodeURIComponent(document)}`, {
    jurisdiction,
    revision,
  });

const nameOf = ({ month, jurisdiction, revision }: Kept, document: string): string =>
  ["lethe", month, ...(jurisdiction === null ? [] : [jurisdiction]), `r${revision}`, document].join(
    "-",
  );

export const KeptReports = () => {
  const list = useListing<Kept>("/reports/monthly/archive");
  return (
    <Section
      title="Kept"
      note="On the first of a month the report of the one before is kept, and not changed any more; a later revision stands beside it."
    >
      <ListTable
        caption="Kept monthly reports, the latest first"
        one="report"
        list={list}
        keyOf={({ month, jurisdiction, revision }) => `${month} ${jurisdiction} ${revision}`}
        empty={<p>No month has been kept yet.</p>}
        columns={[
          { title: "Month", cell: ({ month }) => month },
          { title: "Jurisdiction", cell: ({ jurisdiction }) => jurisdiction ?? "none" },
          { title: "Revision", figures: true, cell: ({ revision }) => String(revision) },
          {
            title: "Documents",
            cell: (kept) => (
              <div class="actions">
                {kept.documents.map((document) => (
                  <Download
                    key={document}
                    path={pathOf(kept, document)}
                    filename={nameOf(kept, document)}
                  >
                    {document}
                  </Download>
                ))}
              </div>
            ),
          },
        ]}
      />
    </Section>
  );
};
