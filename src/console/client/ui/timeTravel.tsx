/** Looks at a thing as it was: the time stands in the address, so that it can be sent to somebody. */
import { useState } from "preact/hooks";
import { utc } from "../format.ts";
import { go } from "../place.ts";
import type { Params } from "../router.ts";

/** `?at=` of the page, for the question that the page asks. */
export const atOf = (query: Params): string | undefined => query.at;

const here = (at: string | null): string => {
  const url = new URL(location.href);
  if (at === null) url.searchParams.delete("at");
  else url.searchParams.set("at", at);
  return url.pathname + url.search;
};

export const TimeTravel = ({ query }: { readonly query: Params }) => {
  const at = atOf(query);
  const [chosen, setChosen] = useState(at?.slice(0, 19) ?? "");
  return (
    <form
      class={at === undefined ? "time-travel" : "time-travel past"}
      onSubmit={(event) => {
        event.preventDefault();
        const time = Date.parse(`${chosen}Z`);
        if (!Number.isNaN(time)) go(here(new Date(time).toISOString()));
      }}
    >
      <label>
        <span>{at === undefined ? "As it was at" : `As it was at ${utc(at)}`}</span>
        <input
          type="datetime-local"
          step={1}
          aria-label="Time in UTC"
          value={chosen}
          onInput={(event) => setChosen(event.currentTarget.value)}
        />
      </label>
      <button type="submit">Look</button>
      {at === undefined ? null : (
        <button type="button" onClick={() => go(here(null))}>
          Back to now
        </button>
      )}
    </form>
  );
};
