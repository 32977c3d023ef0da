/** Where linear memory is free for callers: everything below belongs to constants and scratch. */
export function heapBase(): usize {
  return __heap_base;
}
