/** Which batches were asked for with an upload: a projection of the log, for finding them by name. */
import { idOf } from "../application/aggregates.ts";
import type { UploadDirectory } from "../application/ports.ts";
import type { StreamName } from "../domain/ids.ts";

/** In one statement, whose parameters may have 2 MB. */
const NAMES_AT_ONCE = 500;

export interface Uploads extends UploadDirectory {
  /** An event that has just been appended. */
  follow(type: string, stream: StreamName, data: Readonly<Record<string, unknown>>): void;
}

export const uploads = (sql: SqlStorage): Uploads => ({
  follow(type, stream, { file_url }) {
    if (type !== "AppendIngestionRequested") return;
    sql.exec(
      "INSERT OR IGNORE INTO taken_uploads (filename, batch_id) VALUES (?, ?)",
      String(file_url),
      idOf(stream),
    );
  },

  batchesOf(filenames) {
    const found = new Map<string, string[]>();
    for (let at = 0; at < filenames.length; at += NAMES_AT_ONCE) {
      const rows = sql.exec<{ filename: string; batch_id: string }>(
        `SELECT filename, batch_id FROM json_each(?) AS asked
         CROSS JOIN taken_uploads ON filename = asked.value`,
        JSON.stringify(filenames.slice(at, at + NAMES_AT_ONCE)),
      );
      for (const { filename, batch_id } of rows) {
        const ids = found.get(filename);
        if (ids === undefined) found.set(filename, [batch_id]);
        else ids.push(batch_id);
      }
    }
    return found;
  },
});
