/** A server for an end-to-end test that begins with the state that was migrated for all of them. */
import { cp } from "node:fs/promises";
import { inject } from "vitest";
import { type Server, type ServerOptions, startServer } from "../../scripts/support/server.ts";

/** As `startServer`, after a copy of that state was put where it persists to. */
export const migratedServer = async (options: ServerOptions): Promise<Server> => {
  await cp(inject("migrated_state"), options.persistTo, { recursive: true });
  return startServer(options);
};
