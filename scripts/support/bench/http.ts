/**
 * The cheapest HTTP client that will do: one keep-alive socket a caller, requests made up in
 * advance, no pipelining. On two cores a comfortable client takes its share from what it measures.
 */
import { connect, type Socket } from "node:net";

export interface Reply {
  readonly status: number;
  readonly text: string;
}

export interface Connection {
  /** One request at a time; rejects when the server hangs up. */
  send(request: Buffer): Promise<Reply>;
  close(): void;
}

const HEAD_END = Buffer.from("\r\n\r\n");
const LAST_CHUNK = Buffer.from("0\r\n\r\n");

/** A whole request as bytes; `body` is sent as JSON. */
export const requestBytes = (url: URL, method: "GET" | "POST", path: string, body?: object) => {
  const head = `${method} ${path} HTTP/1.1\r\nHost: ${url.host}\r\n`;
  if (body === undefined) return Buffer.from(`${head}\r\n`);
  const text = JSON.stringify(body);
  const length = Buffer.byteLength(text);
  return Buffer.from(
    `${head}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${text}`,
  );
};

/** The reply at the start of `bytes`, or null while it is not whole. */
const parseReply = (bytes: Buffer): Reply | null => {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return null;
  const head = bytes.toString("latin1", 0, headEnd);
  const status = Number(head.slice(9, 12));
  const start = headEnd + HEAD_END.length;
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined) {
    const end = start + Number(length);
    return bytes.length < end ? null : { status, text: bytes.toString("utf8", start, end) };
  }
  // Chunked: the text keeps its chunk sizes, which nobody reads.
  if (!bytes.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK)) return null;
  return { status, text: bytes.toString("utf8", start) };
};

/** Opens a socket to the server. */
export const open = (url: URL): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const socket: Socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    let received: Buffer = Buffer.alloc(0);
    let answer: ((reply: Reply) => void) | null = null;
    let fail: (error: Error) => void = reject;
    socket.on("data", (bytes: Buffer) => {
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
      const reply = parseReply(received);
      if (reply === null || answer === null) return;
      received = Buffer.alloc(0);
      answer(reply);
    });
    socket.on("error", (error) => fail(error));
    socket.on("close", () => fail(new Error("the server hung up")));
    socket.once("connect", () =>
      resolve({
        send: (request) =>
          new Promise((done, failed) => {
            answer = done;
            fail = failed;
            socket.write(request);
          }),
        close: () => socket.destroy(),
      }),
    );
  });
