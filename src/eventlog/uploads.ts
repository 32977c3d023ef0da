/** Which batches were asked for with an upload: a projection of the log, for finding them by name. */
import { idOf } from "../application/aggregates.ts";
import type { UploadDirectory } from "../application/ports.ts";
import type { StreamName } from "../domain/ids.ts";

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

  batchesOf: (filename) =>
    sql
      .exec<{ batch_id: string }>("SELECT batch_id FROM taken_uploads WHERE filename = ?", filename)
      .toArray()
      .map(({ batch_id }) => batch_id),
});
