/**
 * What Lethe is measured against: the least a Durable Object can do for a request. Its Worker
 * parses the JSON, the object inserts one row as large as one of Lethe's events, and the platform
 * holds the answer back until the row is on disk. No validation, no history, no proofs.
 */

/** About what an event of an audited access takes in its table, leaf hash included. */
export const ROW_BYTES = 320;

export const BARE_SCRIPT = `
import { DurableObject } from "cloudflare:workers";

export class BareObject extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS rows (seq INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT",
    );
  }
  add(entry) {
    const body = JSON.stringify(entry).padEnd(${ROW_BYTES}, ".");
    return this.ctx.storage.sql
      .exec("INSERT INTO rows (body) VALUES (?) RETURNING seq", body).one().seq;
  }
}

export default {
  async fetch(request, env) {
    const entry = await request.json();
    const name = new URL(request.url).pathname;
    const seq = await env.BARE.get(env.BARE.idFromName(name)).add(entry);
    return Response.json({ seq }, { status: 201 });
  },
};
`;
