/** The data plane over one object store: what the application's port asks for, put together. */
import type { DataPlane, ObjectStore } from "../application/dataPorts.ts";
import { copy } from "./copy.ts";
import { exportCsv } from "./exportCsv.ts";
import { refine } from "./refine.ts";
import { take } from "./take.ts";

export const dataPlane = (store: ObjectStore): DataPlane => ({
  take: (input) => take(store, input),
  refine: (input) => refine(store, input),
  exportCsv: (source, schema, target) => exportCsv(store, source, schema, target),
  copy: (source, target) => copy(store, source, target),
});
