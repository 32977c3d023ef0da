/** How often data was accessed across lakes, day by day, and by whom. */
import type { Whole } from "../api/whole.ts";
import type { PageProps } from "../context.ts";
import { count } from "../format.ts";
import { useNow } from "../hooks.ts";
import type { Page } from "../pages.ts";
import { type Access, accessesByDay, accessesByWhom, daysUntil } from "../reports.ts";
import { urlOf } from "../router.ts";
import { Bars } from "../ui/bars.tsx";
import { Download } from "../ui/download.tsx";
import { PageHead, Refusal, Section, Waiting } from "../ui/parts.tsx";
import { Rebuilding } from "../ui/rebuilding.tsx";
import { Table } from "../ui/table.tsx";
import { useWhole } from "../useWhole.ts";

const SPANS = [7, 30, 90] as const;
const PATH = "/reports/access";
/** Of those who accessed most. */
const SHOWN = 50;

const Course = ({ of, days }: { readonly of: Whole<Access>; readonly days: readonly string[] }) => {
  const bars = accessesByDay(of.items, days);
  const people = accessesByWhom(of.items);
  return (
    <>
      <Rebuilding lakes={of.rebuilding} />
      {of.whole ? null : (
        <p class="refusal" role="status">
          There is more than this page can add up: choose fewer days.
        </p>
      )}
      <div class="two">
        <Bars one="access" many="accesses" bars={bars} />
        <Table
          caption="Accesses by day, the latest at the top"
          rows={bars.filter(({ value }) => value > 0).reverse()}
          keyOf={({ label }) => label}
          empty={<p>Nobody has accessed anything in these days.</p>}
          columns={[
            { title: "Day (UTC)", cell: ({ label }) => label },
            { title: "Accesses", figures: true, cell: ({ value }) => count(value) },
          ]}
        />
      </div>
      <Section title="By whom">
        <Table
          caption="Who accessed what, the most at the top"
          rows={people.slice(0, SHOWN)}
          keyOf={(one) =>
            JSON.stringify([one.lake_id, one.dataset_id, one.accessor_id, one.action])
          }
          empty={<p>Nobody.</p>}
          columns={[
            {
              title: "Lake",
              cell: ({ lake_id }) => <a href={urlOf(lake_id, "/")}>{lake_id}</a>,
            },
            { title: "Dataset", cell: ({ dataset_id }) => dataset_id ?? "of none" },
            { title: "Who", cell: ({ accessor_id }) => accessor_id },
            { title: "What", cell: ({ action }) => action },
            { title: "Accesses", figures: true, cell: (one) => count(one.count) },
          ]}
        />
        {people.length > SHOWN ? (
          <p class="more">{`${count(people.length - SHOWN)} more have accessed less than these.`}</p>
        ) : null}
      </Section>
    </>
  );
};

const AccessByDay = ({ query }: PageProps) => {
  const span = SPANS.find((days) => String(days) === query.days) ?? 30;
  const now = useNow();
  const days = daysUntil(now, span);
  const asked = `${PATH}?from=${days[0]}&to=${days.at(-1)}`;
  const { answer, reload } = useWhole<Access>(asked);
  return (
    <>
      <PageHead
        title="Access by day"
        lead="Across the lakes that you watch. Every access is an event."
      >
        <Download path={`${asked}&format=csv&limit=1000`} filename={`lethe-access-${days[0]}.csv`}>
          The first thousand rows as CSV
        </Download>
      </PageHead>
      <nav class="choices" aria-label="How many days">
        {SPANS.map((one) => (
          <a
            key={one}
            href={urlOf(null, PATH, { days: String(one) })}
            aria-current={one === span ? "true" : undefined}
          >
            {`${one} days`}
          </a>
        ))}
      </nav>
      {answer === null ? (
        <Waiting />
      ) : answer.ok ? (
        <Course of={answer.body} days={days} />
      ) : (
        <Refusal problem={answer.problem} retry={reload} />
      )}
    </>
  );
};

export const accessByDayPage: Page = {
  path: PATH,
  scope: "platform",
  view: AccessByDay,
  nav: { group: "All lakes", label: "Access by day" },
};
