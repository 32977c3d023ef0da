/** Says that a report lacks something, while the reports of some lakes are derived anew. */
import { plural } from "../format.ts";

export const Rebuilding = ({ lakes }: { readonly lakes: number }) =>
  lakes === 0 ? null : (
    <p class="refusal" role="status">
      {`The reports of ${plural(lakes, "lake")} are being derived anew: these figures lack something of ${lakes === 1 ? "it" : "them"}.`}
    </p>
  );
