/**
 * Who is on record as having asked. People often ask for themselves; then their id must not stand
 * in the log, where nothing that is not sealed can be forgotten.
 */

/** What is on record in the place of the data subject's own id. */
export const DATA_SUBJECT = "data subject";

/** `requested_by` as it is recorded: as it was given, unless it names the subject. */
export const requesterOf = (requested_by: string, subject_id: string): string =>
  names(folded(requested_by), folded(subject_id)) ? DATA_SUBJECT : requested_by;

/** Without what keeps two spellings of a name apart: case, composition, the kind of white space. */
const folded = (text: string): string =>
  text.normalize("NFKC").toLowerCase().normalize("NFKC").replaceAll(/\s+/g, " ").trim();

/** Whether the id stands in the text with no letter or digit to either side of it. */
const names = (text: string, id: string): boolean => {
  for (let at = text.indexOf(id); id !== "" && at >= 0; at = text.indexOf(id, at + 1)) {
    const before = text.slice(0, at);
    const behind = text.slice(at + id.length);
    if (!/[\p{L}\p{N}]$/u.test(before) && !/^[\p{L}\p{N}]/u.test(behind)) return true;
  }
  return false;
};
