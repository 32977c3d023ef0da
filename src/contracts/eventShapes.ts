/**
 * Whether the data of an event has what its type promises: asked of logs that come from elsewhere,
 * for everything that folds or shows an event relies on it.
 */
import { BATCH_SHAPES } from "./batchShapes.ts";
import { LAKE_SHAPES } from "./lakeShapes.ts";
import { REQUEST_SHAPES } from "./requestShapes.ts";
import { jsonTypeOf } from "./shape.ts";

/** By type, what each member at the top of the data is: `number`, `string or null`, … */
export const EVENT_SHAPES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  ...BATCH_SHAPES,
  ...LAKE_SHAPES,
  ...REQUEST_SHAPES,
};

/**
 * What is wrong with data as of the type's present version, or null. Members that nobody knows are
 * let pass: an event keeps what it said when it was written.
 */
export const shapeFault = (
  type: string,
  data: Readonly<Record<string, unknown>>,
): string | null => {
  for (const [member, wanted] of Object.entries(EVENT_SHAPES[type] ?? {})) {
    const is = jsonTypeOf(Object.hasOwn(data, member) ? data[member] : undefined);
    if (!wanted.split(" or ").includes(is)) return `its data has no ${wanted} as ${member}`;
  }
  return null;
};
