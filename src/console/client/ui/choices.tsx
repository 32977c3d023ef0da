/** Which of a list are shown, each under a name: links, so that a choice can be kept and sent. */
import { useScope } from "../context.ts";
import { type Params, urlOf } from "../router.ts";

interface ChoicesProps {
  readonly path: string;
  readonly of: readonly { readonly label: string; readonly query: Params; readonly on: boolean }[];
}

export const Choices = ({ path, of }: ChoicesProps) => {
  const { lake } = useScope();
  return (
    <nav class="choices" aria-label="Which are shown">
      {of.map(({ label, query, on }) => (
        <a key={label} href={urlOf(lake, path, query)} aria-current={on ? "true" : undefined}>
          {label}
        </a>
      ))}
    </nav>
  );
};
