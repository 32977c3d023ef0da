/** What became of a field, a byte each; a column of them is summed up by a bit each. */
export const NULL: u8 = 0;
export const VALUE: u8 = 1;
export const MISFIT: u8 = 2;
/** The text is a float, but one that takes more than a multiplication to round: the caller's. */
export const HARD: u8 = 3;
/** A datetime that is there, without the digits that its text has beyond microseconds. */
export const CUT: u8 = 4;
