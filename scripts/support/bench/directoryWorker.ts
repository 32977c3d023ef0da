/** A bundle on plain workerd that sees one directory as a service, and nothing else. */
import { readdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { DIRECT, modulesOf, simulator } from "./runtime.ts";

export interface DirectoryWorker {
  readonly url: URL;
  /** Of the runtime; none where the system does not tell. */
  readonly process_ids: readonly number[];
  stop(): Promise<void>;
}

/** `code` holds the bundle, `worker` the name of its main module. */
export const startOnDirectory = async (
  code: string,
  worker: string,
  directory: string,
): Promise<DirectoryWorker> => {
  const before = new Set(childProcesses());
  const miniflare = new simulator.Miniflare(
    simulator.convertV4MiniflareOptions({
      logRequests: false,
      workers: [
        {
          name: "data-plane",
          rootPath: code,
          modulesRoot: code,
          compatibilityDate: "2026-10-30",
          modules: modulesOf(code, false, worker),
          serviceBindings: { FILES: { disk: { path: directory, writable: true } } },
          unsafeDirectSockets: DIRECT,
        },
      ],
    } as Parameters<typeof simulator.convertV4MiniflareOptions>[0]),
  );
  try {
    const url = await miniflare.unsafeGetDirectURL("data-plane");
    const process_ids = childProcesses().filter((id) => !before.has(id));
    return { url, process_ids, stop: () => miniflare.dispose() };
  } catch (error) {
    await miniflare.dispose();
    throw error;
  }
};

/** The processes that this one has started and that are still there. */
const childProcesses = (): readonly number[] => {
  if (process.platform !== "linux") return [];
  return readdirSync(`/proc/${process.pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${process.pid}/task/${task}/children`, "utf8")
      .split(" ")
      .filter((id) => id !== "")
      .map(Number),
  );
};
