/** Compliance levels: a lake is raised from one to another, never lowered. */

/** The strictest last. */
export const LEVELS: readonly string[] = ["standard", "gdpr", "strict"];

/** Those to which a lake can be raised. */
export const higherThan = (level: string): readonly string[] =>
  LEVELS.slice(LEVELS.indexOf(level) + 1);
