/** Pseudonyms for tests of the data plane, made by another HMAC than the one that is tested. */
import { createHmac } from "node:crypto";
import type { SubjectSet } from "../../src/application/subjectPorts.ts";
import { subjectRefsOf } from "../../src/application/subjectRefs.ts";
import { subjectTexts } from "../../src/data/subjects/subjectTexts.ts";
import type { SubjectRef } from "../../src/domain/ids.ts";

export const SUBJECT_KEY = new Uint8Array(32).fill(0x5a);

export const refOf = (text: string): SubjectRef =>
  createHmac("sha256", SUBJECT_KEY).update(text).digest("hex") as SubjectRef;

export const refsOfId = (subject_id: string) =>
  subjectRefsOf({ subjectRef: refOf }, subjectTexts, subject_id);

/** The subjects of these ids; `clear: false` as after a restore, when no id is at hand. */
export const subjectSet = (subject_ids: readonly string[], clear = true): SubjectSet => ({
  refs: subject_ids.map(refsOfId),
  subject_ids: clear ? subject_ids : [],
});
