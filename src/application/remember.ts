/** A map that is a memory of bounded size: a `Map` keeps the order in which keys were put into it. */

/** Puts the value last, and drops the first while there are more than `most`. */
export const remember = <Key, Value>(
  memory: Map<Key, Value>,
  key: Key,
  value: Value,
  most: number,
): void => {
  memory.delete(key);
  memory.set(key, value);
  // Looking for the first steps over all that was deleted there.
  if (memory.size <= most) return;
  for (const [oldest] of memory) {
    if (memory.size <= most) return;
    memory.delete(oldest);
  }
};
