/**
 * A batch that may hold persons the processing of whose data is restricted: their data is stored and
 * nothing else is done with it (Art. 18(2) GDPR). So nothing of the batch is handed out, and that
 * somebody asked is on record.
 */
import type { BatchId, DeletionId } from "../ids.ts";
import { reject } from "../rejection.ts";
import type { BatchEvent } from "./events.ts";

/** Somebody asked for data of a batch that may hold persons whose data may only be stored. */
export interface RefuseHandOut {
  readonly type: "RefuseHandOut";
  readonly batch_id: BatchId;
  readonly accessor_id: string;
  readonly purpose: string | null;
  readonly deletion_ids: readonly DeletionId[];
}

export const handOutRefused = ({
  type: _,
  batch_id: __,
  ...data
}: RefuseHandOut): readonly BatchEvent[] => [{ type: "HandOutRefused", data }];

/** What whoever asked is told: nothing that says for whom, or for how many. */
export const processingRestricted = (what: string) =>
  reject(
    "wrong_state",
    "processing-restricted",
    `${what} may hold data whose processing is restricted (Art. 18 GDPR): nothing of it is handed ` +
      "out until the restriction ends.",
  );
