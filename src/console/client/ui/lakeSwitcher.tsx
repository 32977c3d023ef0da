/** Chooses the lake. An API token is of one lake, and sees no list. */
import { useId } from "preact/hooks";
import type { Page } from "../api/pages.ts";
import type { LakeItem } from "../api/types.ts";
import { useQuestion } from "../hooks.ts";
import { go } from "../place.ts";
import { ROOT, urlOf } from "../router.ts";

/** More than these are found on the page of all lakes. */
const MOST = 200;

export const LakeSwitcher = ({
  lake,
  tokenLake,
}: {
  readonly lake: string | null;
  readonly tokenLake: string | null;
}) => {
  const id = useId();
  const listed = useQuestion<Page<LakeItem>>(
    tokenLake === null ? `/lakes?limit=${MOST}` : null,
    ({ platform }) => platform,
  );
  const items =
    tokenLake !== null
      ? [{ lake_id: tokenLake }]
      : listed.state === "ready"
        ? listed.body.items
        : [];
  // The list follows the lake within moments; the address may name one that it does not have yet.
  const known = items.some(({ lake_id }) => lake_id === lake);
  const all = lake === null || known ? items : [{ lake_id: lake }, ...items];
  return (
    <div class="lake-switcher">
      <label for={id} class="nav-title">
        Lake
      </label>
      <select
        id={id}
        value={lake ?? ""}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          go(chosen === "" ? ROOT : urlOf(chosen, "/"));
        }}
      >
        <option value="">All lakes</option>
        {all.map((one: LakeItem) => (
          <option key={one.lake_id} value={one.lake_id}>
            {one.name === undefined || one.name === one.lake_id
              ? one.lake_id
              : `${one.name} (${one.lake_id})`}
          </option>
        ))}
      </select>
    </div>
  );
};
