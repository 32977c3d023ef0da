/**
 * How much of a batch a caller is shown. Published rows stand in the order of the file they come
 * from, so the number of a row that fails a rule says what is in that row, however its column is
 * protected. Who may open rejected rows is shown everything. Who governs rules is shown how they
 * fared, but no row numbers of columns that the contract protects or that name the subject. Whoever
 * reads what is published learns whether a check has passed and on how many rows, and no number by
 * which somebody is singled out that k-anonymity has left out.
 */
import { protecting } from "../domain/batch/protection.ts";
import { holdsOneOf, type Role } from "../domain/member/roles.ts";
import type { KAnonymityFinding } from "../domain/rules/kAnonymity.ts";
import { TABLE } from "../domain/rules/qualityRule.ts";
import type { QualityReport } from "../domain/table.ts";
import { accessOf, type Operation } from "./accessTable.ts";
import type { Admitted } from "./admission.ts";
import type { Answer } from "./answers.ts";
import type { Reader } from "./reader.ts";
import type { View } from "./views.ts";

interface Check {
  readonly passed: boolean;
  readonly report: QualityReport;
  readonly checked_at: string;
}

type Rules = Readonly<Record<string, unknown>>;

/** The part of a batch's view that is looked at here; of a batch that arrives there is less. */
interface Shown {
  readonly dataset: string;
  readonly contract_id: string;
  readonly rows?: number;
  readonly quality?: Readonly<Record<"contract" | "request", Check | null>>;
  readonly privacy?: { readonly rules: Rules } | null;
  readonly proposed_privacy?: { readonly rules: Rules } | null;
  readonly published?: {
    readonly rows: number;
    readonly suppressed_rows: number;
    readonly k_anonymity: KAnonymityFinding | null;
  } | null;
}

/** Whether what is shown does not end at what is published. */
export const seesUnpublished = ({ roles }: Pick<Admitted, "roles">): boolean =>
  roles === null || may(roles, "GET /batches/{id}");

/**
 * Whether the batch is not there for this caller: who sees nothing but what is published is told of any
 * other, one that has expired too, what he would be told of one that never was.
 */
export const isHidden = (
  caller: Pick<Admitted, "roles">,
  batch_id: string,
  read: Reader,
): boolean => {
  if (seesUnpublished(caller)) return false;
  const state = read.batch(batch_id);
  return state.status !== "held" || state.batch.progress.status !== "published";
};

/** A batch's view as this caller sees it. */
export const seenBatch = ({ roles }: Pick<Admitted, "roles">, view: View, read: Reader): View => {
  if (roles === null || may(roles, "GET /batches/{id}/quarantine")) return view;
  const batch = view as unknown as Shown;
  if (seesUnpublished({ roles })) return { ...view, ...governed(batch, read) };
  return { ...withoutRaw(view), ...published(batch, read) };
};

/**
 * Without the size and the digest of the file it was appended from: what was masked in the published
 * one is not to be told from them.
 */
const withoutRaw = ({ bytes: _, digest: __, ...shown }: View): View => shown;

/** The same of the batch that an answer to a command shows. */
export const seenAnswer = (
  caller: Pick<Admitted, "roles">,
  answer: Answer,
  read: Reader,
): Answer => {
  const { batch } = answer.body;
  if (typeof batch !== "object" || batch === null) return answer;
  const body = { ...answer.body, batch: seenBatch(caller, batch as View, read) };
  return { ...answer, body };
};

const may = (roles: readonly Role[], operation: Operation): boolean => {
  const access = accessOf(operation);
  return access.kind === "member" && holdsOneOf(roles, access.roles);
};

const governed = (batch: Shown, read: Reader): View => {
  const hidden = hiddenColumns(batch, read);
  return withChecks(batch, ({ report, ...check }) => {
    const rules = report.rules.map(({ sample_rows, ...outcome }) => {
      const { column } = outcome;
      // A rule on the table is about columns that it names, or about all of them.
      const about = column === TABLE ? hidden.size > 0 : hidden.has(column);
      return { ...outcome, sample_rows: about ? null : sample_rows };
    });
    return { ...check, report: { ...report, rules } };
  });
};

/** Protected by the contract as it is now, or by what the batch was made with. */
const hiddenColumns = (batch: Shown, read: Reader): ReadonlySet<string> => {
  const dataset = read.dataset(batch.dataset);
  const contract = read.contract(batch.contract_id);
  const rules = [
    contract.status === "absent" ? {} : contract.privacy_rules,
    batch.privacy?.rules ?? {},
    batch.proposed_privacy?.rules ?? {},
  ];
  const subject = dataset.status === "absent" ? null : dataset.subject_column;
  return new Set([
    ...rules.flatMap((some) => Object.keys(protecting(some))),
    ...(subject === null ? [] : [subject]),
  ]);
};

const published = (batch: Shown, read: Reader): View => {
  const few = singlesOut(batch, read);
  const checks = withChecks(batch, ({ passed, report, checked_at }) => {
    const { rows, passed_rows, failed_rows } = report;
    return { passed, report: few ? null : { rows, passed_rows, failed_rows }, checked_at };
  });
  if (!batch.published) return checks;
  const { suppressed_rows, k_anonymity, ...publication } = batch.published;
  const demand = k_anonymity && {
    columns: k_anonymity.columns,
    k: k_anonymity.k,
    on_violation: k_anonymity.on_violation,
  };
  return {
    ...checks,
    // What is under way, or has failed, is not published; why it failed may count groups.
    proposed_privacy: null,
    work: null,
    ...(few ? { rows: null } : {}),
    ...(few && batch.privacy ? { privacy: { ...batch.privacy, report: null } } : {}),
    published: {
      ...publication,
      suppressed_rows: few ? null : suppressed_rows,
      k_anonymity: demand,
    },
  };
};

/** Whether what is counted would tell of fewer rows than a group must have that they were left out. */
const singlesOut = ({ rows, quality, contract_id, published }: Shown, read: Reader): boolean => {
  const contract = read.contract(contract_id);
  const demanded = contract.status === "absent" ? null : contract.k_anonymity;
  const k = Math.max(published?.k_anonymity?.k ?? 0, demanded?.k ?? 0);
  const left_out = [
    quality?.contract?.report.failed_rows ?? 0,
    quality?.request?.report.failed_rows ?? 0,
    published?.suppressed_rows ?? 0,
    published ? (rows ?? 0) - published.rows : 0,
  ];
  return left_out.some((count) => count > 0 && count < k);
};

const withChecks = ({ quality }: Shown, seen: (check: Check) => object): View => {
  if (quality === undefined) return {};
  const { contract, request } = quality;
  return { quality: { contract: contract && seen(contract), request: request && seen(request) } };
};
