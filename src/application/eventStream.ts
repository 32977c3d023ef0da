/**
 * Live listeners to a lake's log. Each listener is a place in the log and a consumer: when the
 * consumer asks for more and the log has it, a chunk is read and handed over; when the log has
 * nothing, the listener waits for the next commit. A listener that is slow, or that fell behind,
 * reads from the log when it is ready: nothing is kept for it, and nobody waits for it.
 *
 * Promises: events come in the order of `seq`, each once, without gaps but for the filter; and an
 * event is shown only once it is durable, so that no `seq` a client has seen is ever given to
 * another event. An idle lake with listeners does nothing between two heartbeats, but it stays in
 * memory, which the platform has paid by the clock; one without listeners has no timer at all.
 */
import { ok, type Result } from "../domain/decider.ts";
import { type Rejection, reject } from "../domain/rejection.ts";
import type { EventFilter, EventLog, StoredEvent } from "./ports.ts";
import { remember } from "./remember.ts";

/** One more is refused: each costs memory in the lake's object, which has 128 MB. */
export const MAX_LISTENERS = 1_000;

/** One more of the same caller is refused: nobody takes the places of all others. */
export const MAX_LISTENERS_OF_ONE = 100;

/** A comment is sent this often: proxies keep the connection, and a gone client is noticed. */
export const HEARTBEAT_MS = 15_000;

/** A listener that has taken nothing for so many heartbeats (five minutes) makes room. */
export const MAX_STALLED_HEARTBEATS = 20;

/** Events read at once for one listener. */
const MAX_CHUNK_EVENTS = 32;

/** A chunk ends behind the event that takes it over this size. */
const MAX_CHUNK_CHARACTERS = 64 * 1024;

/** Chunks kept for listeners at the same place, until the next commit. */
const MAX_SHARED_CHUNKS = 16;

/** Which events a listener wants; the same as of a page of the log. */
export type ListenFilter = Pick<EventFilter, "type" | "stream" | "dataset" | "batch_id">;

export interface ListenRequest {
  /** Only events behind this `seq`; null: those recorded from now on. */
  readonly after: number | null;
  readonly filter: ListenFilter;
}

/** How listeners are written to. */
export interface StreamFormat {
  event(event: StoredEvent): string;
  /** Comes first; `place` is where the listener starts when it has not said so itself. */
  opening(place: number | null): string;
  readonly heartbeat: string;
}

export interface EventStreamDeps {
  readonly log: Pick<EventLog, "head" | "read">;
  /** Resolves when everything written so far is durable. */
  sync(): Promise<void>;
  readonly format: StreamFormat;
  /** Calls `beat` every so many milliseconds until the function it returns is called. */
  every(milliseconds: number, beat: () => void): () => void;
  /** Something broke; a listener it ended comes back to where it was. */
  failed(error: unknown): void;
}

export interface EventStream {
  /**
   * A stream of UTF-8 bytes that ends only when its consumer cancels it, stalls, or something
   * breaks, or until `allowed` says that the listener may hear no more: asked before anything is
   * written to it. Rejects with `unavailable` when there are too many listeners, or too many of the
   * same `caller` (null: nobody is told apart), with `invalid` a place the log has not reached.
   */
  listen(
    request: ListenRequest,
    allowed?: () => boolean,
    caller?: string | null,
  ): Promise<Result<ReadableStream<Uint8Array>, Rejection>>;
  /**
   * Something is being appended: once that turn is over and durable, listeners hear of it. May
   * be called in the middle of a transaction, also of one that fails, as often as one likes.
   */
  appended(): void;
  readonly listeners: number;
}

interface Listener {
  readonly filter: ListenFilter;
  readonly filter_key: string;
  after: number;
  opening: string;
  /** The consumer has asked and has not been answered. */
  hungry: boolean;
  stalled_heartbeats: number;
  readonly allowed: () => boolean;
  readonly caller: string | null;
  readonly controller: ReadableByteStreamController;
}

interface Chunk {
  readonly text: string;
  /** Where a listener is once it has the chunk. */
  readonly last: number;
}

const encoder = new TextEncoder();

/** What a listener was admitted for has ended. */
class NotAllowedError extends Error {}

export const eventStream = (deps: EventStreamDeps): EventStream => {
  const listeners = new Set<Listener>();
  const shared = new Map<string, Chunk>();
  let durable = 0;
  let waking = false;
  let stopBeating: (() => void) | null = null;

  const heldBy = (caller: string): number =>
    [...listeners].filter((listener) => listener.caller === caller).length;

  const readChunk = ({ filter, after }: Listener): Chunk => {
    const page = deps.log.read({ ...filter, after, limit: MAX_CHUNK_EVENTS });
    let text = "";
    let last = after;
    for (const event of page) {
      if (event.seq > durable) break;
      text += deps.format.event(event);
      last = event.seq;
      if (text.length > MAX_CHUNK_CHARACTERS) break;
    }
    // Nothing more that fits the filter: what was passed over need not be looked at again.
    return { text, last: text === "" ? durable : last };
  };

  /** Listeners mostly stand at the same place: what one reads serves the others too. */
  const chunkFor = (listener: Listener): Chunk => {
    const key = `${listener.after} ${listener.filter_key}`;
    const known = shared.get(key);
    if (known) return known;
    const chunk = readChunk(listener);
    remember(shared, key, chunk, MAX_SHARED_CHUNKS);
    return chunk;
  };

  const remove = (listener: Listener): void => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    shared.clear();
    stopBeating?.();
    stopBeating = null;
  };

  const write = (listener: Listener, text: string): void => {
    if (!listener.allowed()) throw new NotAllowedError("the listener may hear no more");
    listener.hungry = false;
    listener.controller.enqueue(encoder.encode(text));
  };

  /** Breaks a listener off; what it has not taken yet is dropped, for it will ask again. */
  const end = (listener: Listener, error: unknown): void => {
    remove(listener);
    try {
      listener.controller.error(error);
    } catch {
      // It had ended already.
    }
  };

  const feed = (listener: Listener): void => {
    if (!listener.hungry || !listeners.has(listener)) return;
    try {
      const { text, last } =
        listener.after < durable ? chunkFor(listener) : { text: "", last: listener.after };
      const whole = listener.opening + text;
      listener.after = last;
      listener.opening = "";
      if (whole !== "") write(listener, whole);
    } catch (error) {
      if (!(error instanceof NotAllowedError)) deps.failed(error);
      end(listener, error);
    }
  };

  const beat = (): void => {
    for (const listener of listeners) {
      try {
        if (listener.hungry) write(listener, deps.format.heartbeat);
        else if (++listener.stalled_heartbeats >= MAX_STALLED_HEARTBEATS) {
          end(listener, new Error("the listener has taken nothing for too long"));
        }
      } catch (error) {
        end(listener, error);
      }
    }
  };

  /** What has been written by now is durable after the sync; what comes meanwhile may not be. */
  const advance = async (): Promise<void> => {
    const seq = deps.log.head();
    await deps.sync();
    if (seq <= durable) return;
    durable = seq;
    shared.clear();
    for (const listener of listeners) feed(listener);
  };

  const open = (place: Pick<Listener, "filter" | "after" | "opening" | "allowed" | "caller">) => {
    let listener: Listener | null = null;
    // Without a queue of its own (no high-water mark) the stream asks only when it is asked.
    return new ReadableStream({
      type: "bytes",
      start(controller) {
        listener = {
          ...place,
          filter_key: JSON.stringify(place.filter),
          hungry: false,
          stalled_heartbeats: 0,
          controller,
        };
        listeners.add(listener);
        stopBeating ??= deps.every(HEARTBEAT_MS, beat);
      },
      pull() {
        if (listener === null) return;
        listener.hungry = true;
        listener.stalled_heartbeats = 0;
        feed(listener);
      },
      cancel() {
        if (listener !== null) remove(listener);
      },
    });
  };

  return {
    async listen({ after, filter }, allowed = () => true, caller = null) {
      await advance();
      if (caller !== null && heldBy(caller) >= MAX_LISTENERS_OF_ONE) {
        return reject(
          "unavailable",
          "too-many-streams",
          `You listen to this lake ${MAX_LISTENERS_OF_ONE} times already, which is the most one may.`,
        );
      }
      if (listeners.size >= MAX_LISTENERS) {
        return reject(
          "unavailable",
          "too-many-listeners",
          `This lake has ${MAX_LISTENERS} listeners already, which is the most it serves.`,
        );
      }
      if (after !== null && after > durable) {
        return reject(
          "invalid",
          "out-of-range",
          `The log has not come so far: its last event is ${durable}.`,
          [{ path: "after", message: `must be at most ${durable}` }],
        );
      }
      const place = after ?? durable;
      const opening = deps.format.opening(after === null ? place : null);
      return ok(open({ filter, after: place, opening, allowed, caller }));
    },

    appended() {
      if (listeners.size === 0 || waking) return;
      waking = true;
      // Not before the present turn has ended, and with it the transaction.
      void Promise.resolve()
        .then(() => {
          waking = false;
          return advance();
        })
        .catch(deps.failed);
    },

    get listeners() {
      return listeners.size;
    },
  };
};

/** The log, but `heard` is called whenever something may have been appended to it. */
export const overheard = (log: EventLog, heard: () => void): EventLog => ({
  ...log,
  append(changes, meta) {
    const stored = log.append(changes, meta);
    if (stored.length > 0) heard();
    return stored;
  },
});
