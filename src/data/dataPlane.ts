/** The data plane over one object store: what the application's port asks for, put together. */

import type { DigestingStore } from "../application/digests.ts";
import type { SegmentedDataPlane } from "../application/segmentPorts.ts";
import { copy } from "./copy.ts";
import { exportCsv } from "./exportCsv.ts";
import { gate } from "./kAnonymity.ts";
import { land } from "./land.ts";
import { newestMoments } from "./newestMoments.ts";
import { collisions } from "./quality/datasetScope.ts";
import { refine } from "./refine.ts";
import { assemble, refineSegment } from "./segments.ts";
import { indexSubjects } from "./subjects/subjectParts.ts";
import { take } from "./take.ts";

export const dataPlane = (store: DigestingStore): SegmentedDataPlane => ({
  take: (input) => take(store, input),
  refine: (input) => refine(store, input),
  land: (input) => land(store, input),
  refineSegment: (input, segment, parts) => refineSegment(store, input, segment, parts),
  assemble: (input, results) => assemble(store, input, results),
  indexSubjects: (input, results, target) => indexSubjects(store, input, results, target),
  gate: (input) => gate(store, input),
  newest: (...asked) => newestMoments(store, ...asked),
  collisions: (own, others, columns) => collisions(store, own, others, columns),
  exportCsv: (source, schema, target) => exportCsv(store, source, schema, target),
  copy: (source, target) => copy(store, source, target),
});
