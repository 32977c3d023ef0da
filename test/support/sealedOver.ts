/** The part of a workshop that opens encrypted datasets, as the Worker's own does it. */
import type { ObjectStore } from "../../src/application/dataPorts.ts";
import type { Workshop } from "../../src/application/work/workshop.ts";
import { dataPlane } from "../../src/data/dataPlane.ts";
import { subjectPlane } from "../../src/data/subjects/subjectPlane.ts";
import { datasetStore } from "../../src/storage/datasetStore.ts";

export const sealedOver =
  (store: ObjectStore): Workshop["sealed"] =>
  (dataset_key) => {
    const sealed = datasetStore(store, dataset_key);
    return { store: sealed, data: dataPlane(sealed), subjects: subjectPlane(sealed) };
  };
