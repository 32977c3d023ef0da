/** One of a known few that can be chosen, as `ui/ticks.tsx` shows it. */
export interface Tick {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}
