/** The pseudonyms under which a subject's rows are found, from the id as it was given. */

import type { SubjectRefs } from "../domain/subjects.ts";
import { COLUMN_TYPES } from "../domain/table.ts";
import type { Keyring } from "./keyring.ts";
import type { SubjectTexts } from "./subjectPorts.ts";

/** One for every column type that a cell can hold the id in; always one for texts. */
export const subjectRefsOf = (
  keyring: Pick<Keyring, "subjectRef">,
  texts: Pick<SubjectTexts, "canonical">,
  subject_id: string,
): SubjectRefs =>
  Object.fromEntries(
    COLUMN_TYPES.flatMap((type) => {
      const text = texts.canonical(subject_id, type);
      return text === null ? [] : [[type, keyring.subjectRef(text)]];
    }),
  );
