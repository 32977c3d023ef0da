/** A dataset: its schema through its versions, what it holds, and whether it may be used. */
import { assertNever, type Recorded } from "../decider.ts";
import type { DatasetName } from "../ids.ts";
import type { Schema } from "../table.ts";

export type DatasetEvent =
  | {
      readonly type: "DatasetRegistered";
      readonly data: {
        readonly name: DatasetName;
        readonly schema: Schema;
        readonly description: string | null;
        /** Null while nobody has said. */
        readonly contains_pii: boolean | null;
        readonly encryption_enabled: boolean;
        readonly subject_column: string | null;
      };
    }
  | {
      readonly type: "DatasetIngested";
      readonly data: {
        readonly dataset_id: DatasetName;
        readonly data_source: string;
        readonly record_count: number;
        readonly contains_pii: boolean | null;
        readonly warnings: readonly string[];
      };
    }
  | {
      readonly type: "SchemaVersionUpdated";
      readonly data: {
        readonly dataset: DatasetName;
        readonly version: number;
        readonly schema: Schema;
        readonly contract_id: string;
      };
    }
  | {
      readonly type: "DatasetVersionActivated";
      readonly data: { readonly version: number };
    }
  | { readonly type: "DatasetDeprecated"; readonly data: Readonly<Record<string, never>> }
  /** What is said otherwise from now on; what is left out is as it was. */
  | { readonly type: "DatasetAmended"; readonly data: Amendment };

export interface Amendment {
  readonly description?: string;
  readonly contains_pii?: boolean;
  readonly subject_column?: string;
}

export interface SchemaVersion {
  readonly version: number;
  readonly schema: Schema;
}

export interface Dataset {
  readonly status: "active" | "deprecated";
  readonly name: DatasetName;
  readonly description: string | null;
  readonly contains_pii: boolean | null;
  readonly encryption_enabled: boolean;
  readonly subject_column: string | null;
  /** Since when it names the persons (RFC 3339, UTC); null: no column does. */
  readonly subject_column_since: string | null;
  /** Ascending by version; the first is the one registered. */
  readonly schema_versions: readonly SchemaVersion[];
  readonly active_version: number;
  /** Manifest entries for data held elsewhere. */
  readonly ingestions: { readonly count: number; readonly records: number };
  readonly registered_at: string;
}

export type DatasetState = { readonly status: "absent" } | Dataset;

export const initialDataset: DatasetState = { status: "absent" };

export const activeSchema = (dataset: Dataset): Schema =>
  dataset.schema_versions.find(({ version }) => version === dataset.active_version)?.schema ?? {};

/** Same columns of the same types, in any order. */
export const sameSchema = (a: Schema, b: Schema): boolean => {
  const columns = Object.keys(a);
  return (
    columns.length === Object.keys(b).length && columns.every((column) => a[column] === b[column])
  );
};

export const evolveDataset = (state: DatasetState, event: Recorded<DatasetEvent>): DatasetState => {
  if (event.type === "DatasetRegistered") {
    const { schema, ...data } = event.data;
    return {
      status: "active",
      ...data,
      subject_column_since: data.subject_column === null ? null : event.recorded_at,
      schema_versions: [{ version: 1, schema }],
      active_version: 1,
      ingestions: { count: 0, records: 0 },
      registered_at: event.recorded_at,
    };
  }
  if (state.status === "absent") return state;
  switch (event.type) {
    case "DatasetIngested":
      return {
        ...state,
        contains_pii: declared(state.contains_pii, event.data.contains_pii),
        ingestions: {
          count: state.ingestions.count + 1,
          records: state.ingestions.records + event.data.record_count,
        },
      };
    case "SchemaVersionUpdated": {
      const { version, schema } = event.data;
      return { ...state, schema_versions: [...state.schema_versions, { version, schema }] };
    }
    case "DatasetVersionActivated":
      return { ...state, active_version: event.data.version };
    case "DatasetDeprecated":
      return { ...state, status: "deprecated" };
    case "DatasetAmended": {
      const named = event.data.subject_column !== undefined;
      const since = named ? { subject_column_since: event.recorded_at } : {};
      return { ...state, ...event.data, ...since };
    }
    default:
      return assertNever(event);
  }
};

/** Personal data once declared stays declared: a later `false` does not make it harmless. */
const declared = (before: boolean | null, said: boolean | null): boolean | null =>
  before === true ? true : (said ?? before);
