/** What checks and privacy runs came to: counts, and rows by number, never a value of a person. */
import type { Preview, PrivacyReport, QualityCheck } from "../api/types.ts";
import { count, plural } from "../format.ts";
import { Badge, Time } from "./parts.tsx";
import { Table } from "./table.tsx";

export const QualityResult = ({ check }: { readonly check: QualityCheck }) => {
  const { report, passed, checked_at } = check;
  return (
    <>
      <p class="note">
        <Badge status={passed ? "approved" : "failed"} label={passed ? "passed" : "not passed"} />{" "}
        {`${count(report.passed_rows)} of ${plural(report.rows, "row")} passed, ${count(report.failed_rows)} failed.`}{" "}
        {checked_at === undefined ? null : <Time at={checked_at} near={false} />}
      </p>
      <Table
        caption="How each rule fared"
        rows={report.rules ?? []}
        keyOf={({ column, rule }) => `${column} ${rule}`}
        empty={<p>No rule was asked for.</p>}
        columns={[
          {
            title: "Column",
            cell: ({ column }) => (column === "*" ? "the whole table" : <code>{column}</code>),
          },
          { title: "Rule", cell: ({ rule }) => <code>{rule}</code> },
          { title: "Failures", figures: true, cell: ({ failures }) => count(failures) },
          { title: "Share", figures: true, cell: ({ percent }) => `${percent} %` },
          {
            title: "Rows, the first of them",
            cell: ({ sample_rows }) =>
              sample_rows === null ? "not for you to see" : sample_rows.join(", "),
          },
        ]}
      />
    </>
  );
};

export const PrivacyResult = ({ report }: { readonly report: PrivacyReport }) => (
  <Table
    caption="What was done to each column"
    rows={report.columns}
    keyOf={({ column }) => column}
    empty={<p>No column was treated.</p>}
    columns={[
      { title: "Column", cell: ({ column }) => <code>{column}</code> },
      { title: "Strategy", cell: ({ strategy }) => strategy },
      { title: "Cells", figures: true, cell: ({ cells }) => count(cells) },
      {
        title: "Type",
        cell: ({ from_type, to_type }) =>
          from_type === to_type ? from_type : `${from_type}, then ${to_type}`,
      },
    ]}
  />
);

const isHidden = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "hidden" in value;

const Cell = ({ value }: { readonly value: unknown }) =>
  isHidden(value) ? (
    <span class="none">hidden</span>
  ) : value === null || value === undefined ? (
    <span class="none">empty</span>
  ) : (
    <code>{String(value)}</code>
  );

/** Rows as they are, and under each what would come out. */
export const PreviewRows = ({ of }: { readonly of: Preview }) => {
  const names = Object.keys(of.preview[0]?.after ?? {});
  const rows = of.preview.flatMap(({ row, before, after }) => [
    { key: `${row} before`, what: `Row ${row}`, values: before },
    { key: `${row} after`, what: "comes out as", values: after },
  ]);
  return (
    <>
      <Table
        caption="Rows before and after"
        rows={rows}
        keyOf={({ key }) => key}
        empty={<p>There is no row to show.</p>}
        columns={[
          { title: "", cell: ({ what }) => what },
          ...names.map((name) => ({
            title: name,
            cell: ({ values }: (typeof rows)[number]) => <Cell value={values[name]} />,
          })),
        ]}
      />
      {of.warnings.map((warning) => (
        <p class="note" key={warning}>
          {warning}
        </p>
      ))}
    </>
  );
};
