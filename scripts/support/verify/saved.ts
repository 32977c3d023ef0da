/**
 * Keeps what was verified, for the next run's --key, --since and --copy. Files take their names
 * only at the end: an older copy in the same directory is not overwritten by what did not hold.
 */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";

export interface Keeper {
  /** One leaf more of the copy. */
  keep(leaf: Buffer): Promise<void>;
  /** Names the files. Returns them; those of a log that did not hold are called `caught.…`. */
  finish(evidence: {
    readonly key: string;
    readonly checkpoint: Buffer;
    readonly holds: boolean;
  }): Promise<string[]>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

const NEWLINE = Buffer.from("\n");

export const keeper = async (directory: string): Promise<Keeper> => {
  await mkdir(directory, { recursive: true });
  const part = path.join(directory, `.events.ndjson.${process.pid}.part`);
  const file = createWriteStream(part);
  // A failure to write surfaces where it is waited for; without a listener it would end the process.
  let failure: Error | null = null;
  file.on("error", (error) => {
    failure = error;
  });
  const close = async () => {
    if (file.closed) return;
    file.end();
    await once(file, "close");
  };
  return {
    async keep(leaf) {
      if (failure) throw failure;
      file.write(leaf);
      if (!file.write(NEWLINE)) await once(file, "drain");
    },
    async finish({ key, checkpoint, holds }) {
      await close();
      if (failure) throw failure;
      const name = (base: string) => path.join(directory, holds ? base : `caught.${base}`);
      const names = {
        key: name("key"),
        checkpoint: name("checkpoint"),
        events: name("events.ndjson"),
      };
      await writeFile(names.key, `${key}\n`);
      await writeFile(names.checkpoint, checkpoint);
      await rename(part, names.events);
      return Object.values(names);
    },
    async abandon() {
      await close().catch(() => {});
      await rm(part, { force: true });
    },
  };
};
