/** What was derived of a raw object, without the subjects' rows: rejected rows, clean, published. */
import type { DigestingStore } from "../../application/digests.ts";
import type {
  DerivedTable,
  LinesRedacted,
  RedactTarget,
  SubjectTable,
  TableRedacted,
} from "../../application/subjectPorts.ts";
import { invariant } from "../../domain/decider.ts";
import type { Schema } from "../../domain/table.ts";
import { IssueLog } from "../issueLog.ts";
import { redactParquet } from "./redactParquet.ts";
import { redactText } from "./redactText.ts";
import { matchDerived, matchRefs } from "./rowMatch.ts";
import { scanColumn, scanLines } from "./rowScan.ts";
import { subjectColumn } from "./subjectTracker.ts";

/** See `SubjectPlane.redactLines`. Throws when the object is no file of rejected rows. */
export const redactLines = async (
  store: DigestingStore,
  input: SubjectTable & { readonly schema: Schema } & Pick<RedactTarget, "target">,
): Promise<LinesRedacted> => {
  const { source, target, schema, subject_column, subjects, key } = input;
  const column = subjectColumn(schema, subject_column);
  const issues = new IssueLog();
  const rows = scanLines({ store, source, issues }, column, recordCell(column.name));
  const match = matchRefs(column.name, column.type, subjects, key);
  const sound = () => issues.count === 0;
  const redacted = await redactText(store, rows, { source, target, match, sound });
  invariant(redacted !== null, `${source.key} holds rejected rows of its schema`);
  const { rows_read, rows_removed, object } = redacted;
  if (object === null) return { kind: "clear", rows_read };
  if (object.rows > 0) return { kind: "redacted", object, rows_read, rows_removed };
  await store.delete([target]);
  return { kind: "redacted", object: null, rows_read, rows_removed };
};

/** The cell of a rejected row that names its subject: see quarantineFile.ts. */
export const recordCell =
  (name: string) =>
  (line: ReadonlyMap<string, unknown>): unknown => {
    const record = line.get("record");
    if (typeof record !== "object" || record === null) return undefined;
    return Object.entries(record).find(([column]) => column === name)?.[1] ?? null;
  };

/** See `SubjectPlane.redactTable`. Throws when the object does not fit its schema. */
export const redactTable = async (
  store: DigestingStore,
  input: DerivedTable & Pick<RedactTarget, "target">,
): Promise<TableRedacted> => {
  const { source, target, schema, column } = input;
  const match = matchDerived(input);
  const redact = async () => {
    if (source.format === "parquet") {
      return redactParquet(store, { source, target, schema, columns: [column], match });
    }
    const issues = new IssueLog();
    const rows = scanColumn(store, source, schema, column, issues);
    return redactText(store, rows, { source, target, match, sound: () => issues.count === 0 });
  };
  const redacted = await redact();
  invariant(redacted !== null, `object ${source.key} fits the schema it was written by`);
  const { object, rows_read, rows_removed } = redacted;
  if (object === null) return { kind: "clear", rows_read };
  return { kind: "redacted", object, rows_read, rows_removed };
};
