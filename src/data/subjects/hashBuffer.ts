/**
 * Distinct hashes gathered in bounded memory. They are written down as they come, but for those met
 * of late, and only once there is no room left are equal ones found, a part at a time that fits the
 * processor's cache: a table of all of them would be waited for at every single hash.
 */

const FIRST_ENTRIES = 4096;

/** Hashes gathered before somebody has to take them: 8 MiB, and as much again while they are sorted out. */
export const MAX_ENTRIES = 2 ** 20;

/** Places for hashes met of late: what repeats soon is not written down again. */
const RECENT = 4096;

/** Hashes of one part, about. */
const PART_ENTRIES = 2048;
const MAX_PART_BITS = 10;

/** The first 64 bits of pseudonyms, as evenly spread as those are. */
export class HashBuffer {
  readonly #most: number;
  /** Two words an entry. */
  #words: Uint32Array<ArrayBuffer>;
  #count = 0;
  readonly #recent = new Uint32Array(2 * RECENT);

  /** `most`: a power of two. */
  constructor(most = MAX_ENTRIES) {
    this.#most = most;
    this.#words = new Uint32Array(2 * Math.min(FIRST_ENTRIES, most));
    forget(this.#recent);
  }

  /**
   * False, and not added, when it is full, of `most` entries of which more than half are distinct:
   * to be emptied by `take` before more comes.
   */
  add(first: number, second: number): boolean {
    const place = 2 * (second & (RECENT - 1));
    const recent = this.#recent;
    if (recent[place] === first && recent[place + 1] === second) return true;
    if (2 * this.#count === this.#words.length && !this.#makeRoom()) return false;
    recent[place] = first;
    recent[place + 1] = second;
    this.#words[2 * this.#count] = first;
    this.#words[2 * this.#count + 1] = second;
    this.#count += 1;
    return true;
  }

  /** Two words an entry, each entry once, those that begin alike side by side; empties the buffer. */
  take(): Uint32Array<ArrayBuffer> {
    const count = keepDistinct(this.#words, this.#count);
    this.#count = 0;
    forget(this.#recent);
    return this.#words.slice(0, 2 * count);
  }

  #makeRoom(): boolean {
    if (this.#words.length < 2 * this.#most) {
      const grown = new Uint32Array(2 * this.#words.length);
      grown.set(this.#words);
      this.#words = grown;
      return true;
    }
    this.#count = keepDistinct(this.#words, this.#count);
    return 2 * this.#count <= this.#most;
  }
}

/** No hash is looked for in a place that another one's last bits lead to. */
const forget = (recent: Uint32Array): void => {
  for (let at = 0; at < recent.length; at += 2) recent[at + 1] = at / 2 + 1;
};

/** Puts the distinct entries, part by part, to the beginning; returns how many there are. */
const keepDistinct = (words: Uint32Array<ArrayBuffer>, count: number): number => {
  const bits = Math.min(MAX_PART_BITS, Math.ceil(Math.log2(Math.max(1, count / PART_ENTRIES))));
  const { sorted, ends } = bits === 0 ? whole(words, count) : inParts(words, count, bits);
  let [kept, from] = [0, 0];
  let slots = new Uint32Array(0);
  for (const end of ends) {
    const room = 2 ** Math.ceil(Math.log2(Math.max(1, 2 * (end - from))));
    if (slots.length < room) slots = new Uint32Array(room);
    else slots.fill(0, 0, room);
    kept = keepPart(sorted, from, end, { words, kept, slots, mask: room - 1 });
    from = end;
  }
  return kept;
};

/** Entries in parts of those with the same first bits, and where each part ends. */
interface Parts {
  readonly sorted: Uint32Array;
  readonly ends: Uint32Array;
}

const whole = (sorted: Uint32Array, count: number): Parts => ({
  sorted,
  ends: Uint32Array.of(count),
});

const inParts = (words: Uint32Array, count: number, bits: number): Parts => {
  const shift = 32 - bits;
  const ends = new Uint32Array(2 ** bits);
  for (let at = 0; at < 2 * count; at += 2) {
    const part = (words[at] ?? 0) >>> shift;
    ends[part] = (ends[part] ?? 0) + 1;
  }
  let end = 0;
  for (let part = 0; part < ends.length; part += 1) {
    const size = ends[part] ?? 0;
    // Where it begins; it has moved to its end once all of its entries are placed.
    ends[part] = end;
    end += size;
  }
  const sorted = new Uint32Array(2 * count);
  for (let at = 0; at < 2 * count; at += 2) {
    const first = words[at] ?? 0;
    const to = ends[first >>> shift] ?? 0;
    ends[first >>> shift] = to + 1;
    sorted[2 * to] = first;
    sorted[2 * to + 1] = words[at + 1] ?? 0;
  }
  return { sorted, ends };
};

interface Kept {
  readonly words: Uint32Array;
  /** Entries that are in `words` already, of other parts. */
  readonly kept: number;
  /** Of each place 1 more than where in `words` the entry stands that belongs there; 0: none. */
  readonly slots: Uint32Array;
  readonly mask: number;
}

/** Adds the distinct entries of a part, which may lie in `words` itself, behind what is kept. */
const keepPart = (
  sorted: Uint32Array,
  from: number,
  to: number,
  { words, kept, slots, mask }: Kept,
): number => {
  let end = kept;
  for (let entry = from; entry < to; entry += 1) {
    const first = sorted[2 * entry] ?? 0;
    const second = sorted[2 * entry + 1] ?? 0;
    let slot = second & mask;
    let known = slots[slot] ?? 0;
    while (known !== 0 && (words[2 * known - 2] !== first || words[2 * known - 1] !== second)) {
      slot = (slot + 1) & mask;
      known = slots[slot] ?? 0;
    }
    if (known !== 0) continue;
    words[2 * end] = first;
    words[2 * end + 1] = second;
    end += 1;
    slots[slot] = end;
  }
  return end;
};
