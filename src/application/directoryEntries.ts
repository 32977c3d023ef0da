/** All entries of a kind in a lake's directory, however many, a page at a time. */
import type { DirectoryEntry, DirectoryFilter, EventLog } from "./ports.ts";

const PAGE = 1_000;

/** In the order in which they came into being. To be gone through within one turn. */
export function* directoryEntries(
  { directory }: Pick<EventLog, "directory">,
  filter: Omit<DirectoryFilter, "after" | "limit">,
): Generator<DirectoryEntry, void, undefined> {
  for (let after = 0; ; ) {
    const page = directory.list({ ...filter, after, limit: PAGE });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return;
    after = last.created_seq;
  }
}
