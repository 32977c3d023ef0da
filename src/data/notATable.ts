/**
 * Thrown by a reader when the bytes are no table of the format they claim to be. A table whose
 * cells do not fit the schema is no such case: that is reported in an `IssueLog`.
 */
export class NotATableError extends Error {
  override readonly name = "NotATableError";
  /** For people; names no value of any cell. */
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}
