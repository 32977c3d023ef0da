/** Work on many things, a bounded number of them at once. */

/** Results in the order of `items`. Whatever `work` rejects with ends all: let it resolve to failures. */
export const inLanes = async <Item, Value>(
  items: readonly Item[],
  lanes: number,
  work: (item: Item) => Promise<Value>,
): Promise<readonly Value[]> => {
  const results = new Array<Value>(items.length);
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, items.length) }, lane));
  return results;
};
