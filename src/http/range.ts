/**
 * Range requests (RFC 9110, section 14): one range of bytes. What is no range of bytes, or several
 * of them, is not regarded, as the RFC allows: the answer is the whole.
 */

export type RequestedRange =
  | { readonly kind: "whole" }
  | { readonly kind: "part"; readonly offset: number; readonly length: number }
  /** 416: nothing of it lies in what there is. */
  | { readonly kind: "unsatisfiable" };

const WHOLE: RequestedRange = { kind: "whole" };

/**
 * Any number of digits is a position (RFC 9110, section 14.1.1): one beyond the end is clamped, and
 * what a double rounds lies far beyond the end of any object. `size`: of the representation, in bytes.
 * `header`: `Range` as it was sent.
 */
export const requestedRange = (header: string | undefined, size: number): RequestedRange => {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? "");
  if (match === null) return WHOLE;
  const [, from = "", to = ""] = match;
  if (from === "" && to === "") return WHOLE;
  if (from === "") {
    const length = Math.min(Number(to), size);
    if (length === 0) return { kind: "unsatisfiable" };
    return { kind: "part", offset: size - length, length };
  }
  const offset = Number(from);
  if (to !== "" && Number(to) < offset) return WHOLE;
  if (offset >= size) return { kind: "unsatisfiable" };
  const end = to === "" ? size : Math.min(Number(to) + 1, size);
  return { kind: "part", offset, length: end - offset };
};
