/**
 * Gzip in (RFC 1952): a compressed file is read as if it had arrived unpacked. What it unpacks to
 * has a limit of its own, because a few bytes can claim to be very many.
 */
import { NotATableError } from "./notATable.ts";
import { type Pieces, piecesOf } from "./pieces.ts";

const FIRST_BYTE = 0x1f;
const SECOND_BYTE = 0x8b;

/**
 * The pieces themselves, or what they unpack to when they begin as gzip does; no text begins that
 * way. Throws a NotATableError when they are damaged, and what the pieces throw.
 */
export async function* unpacked(pieces: Pieces): AsyncGenerator<Uint8Array, void, undefined> {
  const iterator = pieces[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  let isDone = false;
  try {
    while (head.length < 2 && !isDone) {
      const next = await iterator.next();
      isDone = next.done === true;
      if (!next.done) head = joined(head, next.value);
    }
    const all = continued(head, isDone ? null : iterator);
    yield* head[0] === FIRST_BYTE && head[1] === SECOND_BYTE ? gunzipped(all) : all;
    isDone = true;
  } finally {
    if (!isDone) await iterator.return?.();
  }
}

async function* continued(
  head: Uint8Array,
  rest: AsyncIterator<Uint8Array> | null,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (head.length > 0) yield head;
  if (rest === null) return;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** Several members one after the other are one file. */
async function* gunzipped(pieces: Pieces): AsyncGenerator<Uint8Array, void, undefined> {
  let failure: { readonly error: unknown } | undefined;
  const iterator = pieces[Symbol.asyncIterator]();
  const packed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await iterator.next();
        if (done) controller.close();
        // The piece is valid until the next one only, and nobody says when it has been unpacked.
        else controller.enqueue(value.slice());
      } catch (error) {
        failure = { error };
        throw error;
      }
    },
    async cancel() {
      await iterator.return?.();
    },
  });
  try {
    yield* piecesOf(packed.pipeThrough(new DecompressionStream("gzip")));
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    if (error instanceof TypeError) throw new NotATableError("the file is not gzip, or damaged");
    throw error;
  }
}

const joined = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  if (left.length === 0) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
};
