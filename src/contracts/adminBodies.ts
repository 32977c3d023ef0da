/** Bodies of what whoever runs Lethe does across lakes. */
import { z } from "zod";
import { lakeId, optional } from "./fields.ts";

const oneOrAllLakes = {
  lake_id: optional(lakeId),
  /** Of the answer before, when no lake is named. */
  cursor: optional(z.string().max(512)),
};

export const reapplyErasures = z.strictObject(oneOrAllLakes).meta({ id: "ReapplyErasures" });

export const rebuildReports = z
  .strictObject({
    ...oneOrAllLakes,
    limit: optional(z.int().min(1).max(100)),
    /** Moves the reports of the lake that is named to the database of that binding. */
    database: optional(z.string().max(64)),
  })
  .refine(({ lake_id, database }) => database === null || lake_id !== null, {
    path: ["database"],
    message: "name the lake that is to report there",
  })
  .meta({ id: "RebuildReports" });

export const rewrapKeys = z.strictObject(oneOrAllLakes).meta({ id: "RewrapKeys" });
