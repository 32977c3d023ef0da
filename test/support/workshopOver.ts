/** A workshop as the Worker has it, over a store and a gateway of the test's own. */
import type { ObjectStore } from "../../src/application/dataPorts.ts";
import type { LakeGateway } from "../../src/application/lakeGateway.ts";
import type { SegmentedDataPlane } from "../../src/application/segmentPorts.ts";
import type { Workshop } from "../../src/application/work/workshop.ts";
import { dataPlane } from "../../src/data/dataPlane.ts";
import { subjectPlane, subjectReader } from "../../src/data/subjects/subjectPlane.ts";
import { datasetStore } from "../../src/storage/datasetStore.ts";
import { digestingStore } from "../../src/storage/digestingStore.ts";

/** `altered`: what its data plane does otherwise than that of the Worker, which it is given. */
export const workshopOver = (
  store: ObjectStore,
  lake: LakeGateway,
  altered: (data: SegmentedDataPlane) => Partial<SegmentedDataPlane> = () => ({}),
): Workshop => ({
  lake,
  store,
  subjects: subjectReader(store),
  sealed: (dataset_key) => {
    const sealed = datasetStore(store, dataset_key);
    return { store: sealed, subjects: subjectReader(sealed) };
  },
  planes: ({ dataset_key, digest_key }) => {
    const opened = dataset_key === null ? store : datasetStore(store, dataset_key);
    const digesting = digestingStore(opened, digest_key);
    const data = dataPlane(digesting);
    return { data: { ...data, ...altered(data) }, subjects: subjectPlane(digesting) };
  },
  now: Date.now,
});
