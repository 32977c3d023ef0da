/**
 * An import as the object of a lake answers it: what is refused leaves no table behind where there
 * was none, and after a failure what is in memory begins anew with what is stored.
 */
import { isAdministrator, notHere } from "../application/admission.ts";
import {
  type ImportRequest,
  type ImportState,
  type LogImport,
  nothingToAbandon,
} from "../application/importLog.ts";
import type { Call } from "../application/lakeGateway.ts";
import type { Result } from "../domain/decider.ts";
import { lakeNotFound } from "../domain/lake/decide.ts";
import type { Rejection } from "../domain/rejection.ts";
import { allOrNothing, NOTHING_IMPORTED } from "./logImport.ts";
import { elsewhere } from "./whereabouts.ts";

interface Importing {
  readonly imported: LogImport;
}

export interface ImportingObject {
  readonly storage: DurableObjectStorage;
  /** The lake in memory, if there is one. */
  lake(): Importing | null;
  /** Takes it into memory, making its tables when there are none. */
  open(): Importing;
  /** Forgets what is in memory. */
  close(): void;
}

export const importIntoLake = async (
  { storage, lake, open, close }: ImportingObject,
  { lake_id, caller }: Call,
  request: ImportRequest,
): Promise<Result<ImportState, Rejection>> => {
  // A log brings its members with it: who may get in is not the lake's to say yet.
  if (!isAdministrator(caller)) return notHere(caller);
  const known = lake();
  if (request.kind === "abandon") {
    if (!known?.imported.unfinished) return nothingToAbandon();
    await storage.deleteAll();
    close();
    return NOTHING_IMPORTED;
  }
  if (known === null && request.kind === "state") return NOTHING_IMPORTED;
  // One id is one lake: what is kept for a jurisdiction does not come into being here.
  if (known === null && elsewhere(storage) !== null) return lakeNotFound();
  if (known === null && request.kind === "complete") return lakeNotFound();
  try {
    const answered = allOrNothing(
      (body) => storage.transactionSync(body),
      () => (known ?? open()).imported.answer(lake_id, request),
    );
    if (known === null && !answered.ok) close();
    return answered;
  } catch (error) {
    // All of it was undone, tables included.
    close();
    if (known !== null) open();
    throw error;
  }
};
