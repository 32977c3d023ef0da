/**
 * Gzip in (RFC 1952): a compressed file is read as if it had arrived unpacked. What it unpacks to
 * has a limit of its own, because a few bytes can claim to be very many.
 */
import { createGunzip } from "node:zlib";
import { giveWay } from "../application/courtesy.ts";
import { NotATableError } from "./notATable.ts";
import type { Pieces } from "./pieces.ts";

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

/** As much as is unpacked at once, before the thread may have another turn. */
const UNPACKED_BYTES = 128 * 1024;

/**
 * Several members one after the other are one file (RFC 1952, 2.2), and zeros may fill it up behind
 * the last one, as tapes and gzip(1) have it. A DecompressionStream takes the first member only.
 */
async function* gunzipped(pieces: Pieces): AsyncGenerator<Uint8Array, void, undefined> {
  const gunzip = membersUnpacker();
  let fed_bytes = 0;
  let isOver = false;
  try {
    for await (const piece of pieces) {
      if (!isOver) {
        yield* gunzip.unpack(piece);
        isOver = gunzip.read_bytes() < fed_bytes + piece.length;
      }
      const unread = piece.subarray(Math.max(0, gunzip.read_bytes() - fed_bytes));
      if (isOver && unread.some((byte) => byte !== 0)) throw new NotATableError(NO_GZIP);
      fed_bytes += piece.length;
    }
    if (!isOver) yield* gunzip.end();
  } finally {
    gunzip.close();
  }
}

const NO_GZIP = "the file is not gzip, or damaged";

interface MembersUnpacker {
  /** All that the piece unpacks to; the piece is not looked at any more afterwards. */
  unpack(piece: Uint8Array): AsyncIterable<Uint8Array>;
  /** What is left; throws a NotATableError when the last member is cut. */
  end(): AsyncIterable<Uint8Array>;
  /** How far it has come; it goes no further than the first zero behind a member. */
  read_bytes(): number;
  close(): void;
}

const isDamage = ({ code }: NodeJS.ErrnoException): boolean =>
  code === "Z_DATA_ERROR" || code === "Z_BUF_ERROR";

/** Asks zlib for the next bytes only when those before are taken: a small piece may be very much. */
const membersUnpacker = (): MembersUnpacker => {
  const gunzip = createGunzip({ chunkSize: UNPACKED_BYTES });
  let hasEnded = false;
  let failure: NodeJS.ErrnoException | undefined;
  let wake = () => {};
  gunzip.on("readable", () => wake());
  gunzip.on("end", () => {
    hasEnded = true;
    wake();
  });
  gunzip.on("error", (error) => {
    failure = error;
    wake();
  });

  async function* takenUntil(isTaken: () => boolean) {
    while (true) {
      const bytes: Buffer | null = gunzip.read();
      if (failure !== undefined) throw isDamage(failure) ? new NotATableError(NO_GZIP) : failure;
      if (bytes !== null) {
        // A plain view: to slice a Buffer would not copy it.
        yield new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
        await giveWay();
      } else if (hasEnded || isTaken()) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  }

  return {
    unpack(piece) {
      let isWritten = false;
      gunzip.write(piece, () => {
        isWritten = true;
        wake();
      });
      return takenUntil(() => isWritten);
    },
    end() {
      gunzip.end();
      return takenUntil(() => false);
    },
    read_bytes: () => gunzip.bytesWritten,
    close: () => gunzip.destroy(),
  };
};

/** A copy: a piece is valid until the next one is asked for only. */
const joined = (left: Uint8Array, right: Uint8Array): Uint8Array => {
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
};
