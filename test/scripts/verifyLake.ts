/**
 * A lake that exists for the verifier's tests only: made-up events, a tree built the naive way
 * from the definitions in RFC 6962 section 2.1, and a server that can be told to lie.
 */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { createServer } from "node:http";

const sha256 = (...parts: Uint8Array[]): Buffer =>
  createHash("sha256").update(Buffer.concat(parts)).digest();

/** k of the definitions: the largest power of two smaller than n. */
const largestPowerBelow = (n: number): number => 2 ** (Math.ceil(Math.log2(n)) - 1);

/** MTH(D). */
export const naiveRoot = (leaves: readonly Buffer[]): Buffer => {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return sha256(Buffer.of(0), only);
  const k = largestPowerBelow(leaves.length);
  return sha256(Buffer.of(1), naiveRoot(leaves.slice(0, k)), naiveRoot(leaves.slice(k)));
};

/** PATH(m, D), section 2.1.1. */
export const naivePath = (m: number, leaves: readonly Buffer[]): Buffer[] => {
  if (leaves.length <= 1) return [];
  const k = largestPowerBelow(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m < k
    ? [...naivePath(m, left), naiveRoot(right)]
    : [...naivePath(m - k, right), naiveRoot(left)];
};

/** PROOF(m, D), section 2.1.2. */
export const naiveProof = (m: number, leaves: readonly Buffer[]): Buffer[] =>
  subproof(m, leaves, true);

const subproof = (m: number, leaves: readonly Buffer[], whole: boolean): Buffer[] => {
  if (m === leaves.length) return whole ? [] : [naiveRoot(leaves)];
  const k = largestPowerBelow(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return m <= k
    ? [...subproof(m, left, whole), naiveRoot(right)]
    : [...subproof(m - k, right, false), naiveRoot(left)];
};

/** The text of event `seq` of a log in which three batches take turns. */
export const eventText = (seq: number, changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    seq,
    event_id: `0190-${seq}`,
    stream: `batch/${seq % 3}`,
    stream_version: Math.ceil(seq / 3),
    type: "DataAppended",
    schema_version: 1,
    recorded_at: new Date(Date.UTC(2026, 10, 23) + seq * 1000).toISOString(),
    actor: "zoë",
    correlation_id: "c-1",
    causation_id: seq === 1 ? null : "c-0",
    command_id: `k-${seq}`,
    data: { rows: seq },
    ...changes,
  });

export const eventTexts = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => eventText(index + 1));

export interface Signer {
  readonly name: string;
  readonly vkey: string;
  readonly keyHash: Buffer;
  readonly privateKey: KeyObject;
}

export const newSigner = (name: string): Signer => {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  const typed = Buffer.concat([Buffer.of(1), Buffer.from(x, "base64url")]);
  const keyHash = sha256(Buffer.from(`${name}\n`), typed).subarray(0, 4);
  const vkey = `${name}+${keyHash.toString("hex")}+${typed.toString("base64")}`;
  return { name, vkey, keyHash, privateKey };
};

export const signNote = (text: string, { name, keyHash, privateKey }: Signer): string => {
  const signature = Buffer.concat([keyHash, sign(null, Buffer.from(text), privateKey)]);
  return `${text}\n— ${name} ${signature.toString("base64")}\n`;
};

const bytesOf = (texts: readonly string[]): Buffer[] => texts.map((text) => Buffer.from(text));

export const checkpointOf = (texts: readonly string[], signer: Signer): string => {
  const root = naiveRoot(bytesOf(texts)).toString("base64");
  return signNote(`${signer.name}\n${texts.length}\n${root}\n`, signer);
};

export interface Lake {
  /** What the tree holds and the checkpoint signs. */
  readonly tree: readonly string[];
  readonly signer: Signer;
  /** What is answered as leaves, with the seqs they are labelled with; by default the tree's. */
  readonly served?: readonly (readonly [number, string])[];
  readonly vkey?: string;
  readonly checkpoint?: string;
  /** At most so many leaves at once. */
  readonly page?: number;
  /** Spoils the hashes of a proof before they are sent. */
  readonly spoil?: (path: string, hashes: Buffer[]) => Buffer[];
  /** A status to answer a path with instead. */
  readonly status?: (path: string) => number | undefined;
}

export interface Started {
  readonly url: string;
  readonly requests: string[];
  close(): Promise<void>;
}

/** Serves `lake` as /lakes/demo on a free port. */
export const serve = async (lake: Lake): Promise<Started> => {
  const tree = bytesOf(lake.tree);
  const served = lake.served ?? lake.tree.map((text, index) => [index + 1, text] as const);
  const requests: string[] = [];
  const proof = (path: string, hashes: Buffer[]) =>
    (lake.spoil?.(path, hashes) ?? hashes).map((hash) => hash.toString("base64"));
  const answer = (path: string, query: URLSearchParams): string => {
    const number = (name: string) => Number(query.get(name));
    switch (path) {
      case "key":
        return `${lake.vkey ?? lake.signer.vkey}\n`;
      case "checkpoint":
        return lake.checkpoint ?? checkpointOf(lake.tree, lake.signer);
      case "leaves":
        return served
          .filter(([seq]) => seq > number("from") && seq <= number("to"))
          .slice(0, lake.page ?? 1000)
          .map(([seq, text]) => JSON.stringify({ seq, leaf: Buffer.from(text).toString("base64") }))
          .map((line) => `${line}\n`)
          .join("");
      case "inclusion": {
        const [index, size] = [number("seq") - 1, number("size")];
        const hashes = proof(path, naivePath(index, tree.slice(0, size)));
        return JSON.stringify({ leaf_index: index, tree_size: size, hashes });
      }
      default: {
        const hashes = naiveProof(number("from"), tree.slice(0, number("to")));
        return JSON.stringify({ hashes: proof(path, hashes) });
      }
    }
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://lake");
    requests.push(`${url.pathname}${url.search}`);
    const path = /^\/lakes\/demo\/log\/(key|checkpoint|leaves|inclusion|consistency)$/.exec(
      url.pathname,
    )?.[1];
    const status = path === undefined ? 404 : lake.status?.(path);
    if (path === undefined || status !== undefined) response.writeHead(status ?? 404).end();
    else response.end(answer(path, url.searchParams));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}/lakes/demo`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
