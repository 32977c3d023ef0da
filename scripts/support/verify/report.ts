/** What the verifier says, one line a finding, as it comes; and that it cannot say anything. */

/** Something could not be read: nothing is proven by it, in either direction. */
export class UnreadableError extends Error {}

/** A file or directory that cannot be read or written. */
export const isSystemError = (error: unknown): error is Error =>
  error instanceof Error && "syscall" in error;

export type Mark = "ok" | "caught" | "note";

export interface Finding {
  readonly mark: Mark;
  /** What was looked at: key, checkpoint, events, proofs, since, copy, saved. */
  readonly check: string;
  readonly text: string;
}

/** So many findings of one check are told one by one. */
export const MAX_TOLD = 20;

export class Report {
  readonly findings: Finding[] = [];
  readonly #tell: (finding: Finding) => void;

  constructor(tell: (finding: Finding) => void = () => {}) {
    this.#tell = tell;
  }

  add(mark: Mark, check: string, text: string): void {
    const finding = { mark, check, text };
    this.findings.push(finding);
    this.#tell(finding);
  }

  get caught(): boolean {
    return this.findings.some(({ mark }) => mark === "caught");
  }

  /** A teller of what was caught in one check, that falls silent after `MAX_TOLD`. */
  catcher(check: string): { caught(text: string): void; end(): number } {
    let count = 0;
    return {
      caught: (text) => {
        count++;
        if (count <= MAX_TOLD) this.add("caught", check, text);
      },
      end: () => {
        if (count > MAX_TOLD)
          this.add("caught", check, `… and ${count - MAX_TOLD} more like these`);
        return count;
      },
    };
  }
}

/** `1,000,000 events`, `1 event`. */
export const counted = (count: number, what: string): string =>
  `${count.toLocaleString("en-GB")} ${what}${count === 1 ? "" : "s"}`;

/** `event 5`, `events 5 to 9`. */
export const eventsNamed = (from: number, to: number): string =>
  from === to ? `event ${from}` : `events ${from} to ${to}`;
