/** Data that a lake knows of and does not hold. */
import type { DatasetName } from "../domain/ids.ts";
import { directoryEntries } from "./directoryEntries.ts";
import type { EventLog } from "./ports.ts";
import { reader } from "./reader.ts";

/** Datasets with manifests of data that lies elsewhere. */
export const heldElsewhere = (log: EventLog): readonly DatasetName[] => {
  const names: DatasetName[] = [];
  for (const { id } of directoryEntries(log, { kind: "dataset" })) {
    const dataset = reader(log).dataset(id);
    if (dataset.status !== "absent" && dataset.ingestions.count > 0) names.push(dataset.name);
  }
  return names;
};
