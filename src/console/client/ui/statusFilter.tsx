/** Which of a list are shown, by status: links, so that a choice can be kept and sent. */
import { useScope } from "../context.ts";
import { words } from "../format.ts";
import { type Params, urlOf } from "../router.ts";

interface StatusFilterProps {
  readonly path: string;
  /** The parameter of the query. */
  readonly name: string;
  readonly query: Params;
  readonly statuses: readonly string[];
}

export const StatusFilter = ({ path, name, query, statuses }: StatusFilterProps) => {
  const { lake } = useScope();
  return (
    <nav class="choices" aria-label="Which are shown">
      {["", ...statuses].map((status) => (
        <a
          key={status}
          href={urlOf(lake, path, { ...query, [name]: status })}
          aria-current={(query[name] ?? "") === status ? "true" : undefined}
        >
          {status === "" ? "all" : words(status)}
        </a>
      ))}
    </nav>
  );
};
