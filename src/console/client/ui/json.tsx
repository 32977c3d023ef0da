/** JSON as people read it: members one under the other, long lists folded. */
import { plural } from "../format.ts";

/** Beyond these a list or an object begins folded. */
const OPEN_UP_TO = 12;

const isFolded = (value: unknown): value is object => typeof value === "object" && value !== null;

const Leaf = ({ value }: { readonly value: unknown }) => {
  const kind = value === null ? "null" : typeof value;
  return <span class={`json-${kind}`}>{value === undefined ? "" : JSON.stringify(value)}</span>;
};

export const Json = ({
  value,
  depth = 0,
}: {
  readonly value: unknown;
  readonly depth?: number;
}) => {
  if (!isFolded(value)) return <Leaf value={value} />;
  const entries = Object.entries(value);
  const list = Array.isArray(value);
  if (entries.length === 0) return <span class="json-null">{list ? "[]" : "{}"}</span>;
  const members = (
    <ul class="json">
      {entries.map(([name, inner]) => (
        <li key={name}>
          <span class={list ? "json-index" : "json-name"}>{name}</span>
          <Json value={inner} depth={depth + 1} />
        </li>
      ))}
    </ul>
  );
  if (depth === 0) return members;
  const said = list ? plural(entries.length, "item") : plural(entries.length, "member");
  return (
    <details open={entries.length <= OPEN_UP_TO}>
      <summary>{said}</summary>
      {members}
    </details>
  );
};
