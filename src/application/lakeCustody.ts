/** What a lake keeps outside of its own database about people: halves of keys, erasures. */
import { type Custody, custody } from "./custody.ts";
import type { SmallObjects } from "./dataPorts.ts";
import { type ErasureRecords, erasureRecords } from "./erasureRecords.ts";
import { type LakeService, systemCall } from "./lakeService.ts";
import { logSigner } from "./logSigner.ts";
import type { EventLog } from "./ports.ts";

export interface LakeCustody {
  readonly custody: Custody;
  readonly records: ErasureRecords;
}

export interface KeepingDeps {
  readonly log: EventLog;
  readonly service: LakeService;
  readonly objects: SmallObjects;
}

export const lakeCustody = ({ log, service, objects }: KeepingDeps): LakeCustody => {
  const halves = custody({
    objects,
    forget: (lake_id, subjects) => service.forgetKeys(lake_id, subjects),
    failed: (error) => console.error(`custody of keys: ${error}`),
  });
  const records = erasureRecords({
    log,
    objects,
    custody: halves,
    signer: async (lake_id) => {
      const seed = service.logSeed(systemCall(lake_id));
      if (!seed.ok) throw new Error(seed.error.detail);
      return logSigner(lake_id, seed.value);
    },
  });
  return { custody: halves, records };
};
