/**
 * A right that was taken, as it is on record outside of the lake's own database: what the lake has to
 * know to take it again after its database was restored to an earlier moment.
 */
import { z } from "zod";
import { ROLES } from "../domain/member/roles.ts";
import { tokenId, webhookId } from "./fields.ts";

const VERSION = 1;

const taken = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("member"),
    subject: z.string(),
    /** Those that are left; none: all were taken. */
    roles: z.array(z.enum(ROLES)),
    /** RFC 3339, UTC. */
    lost_at: z.iso.datetime(),
  }),
  z.object({ kind: z.literal("token"), token_id: tokenId }),
  /** The right to be told of events. */
  z.object({ kind: z.literal("webhook"), webhook_id: webhookId }),
]);

export type Revocation = z.output<typeof taken>;

export interface RevocationRecord {
  readonly lake_id: string;
  /** The event that took it. */
  readonly event_id: string;
  readonly taken: Revocation;
}

const stored = z.object({
  version: z.literal(VERSION),
  lake_id: z.string(),
  event_id: z.string(),
  taken,
});

/** Throws for what is none. */
export const readRevocation = (value: unknown): Revocation => taken.parse(value);

export const writeRevocationRecord = (record: RevocationRecord): string =>
  JSON.stringify({ version: VERSION, ...record });

/** Throws for a text that is no record, or one of a version this code does not know. */
export const readRevocationRecord = (text: string): RevocationRecord => {
  const { version: _, ...record } = stored.parse(JSON.parse(text));
  return record;
};
