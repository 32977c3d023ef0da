/** Uploads that no batch was taken from. */
import { z } from "zod";
import { landingKey } from "../../application/objectKeys.ts";
import { type Landed, NAMES_AT_ONCE } from "../../application/openUploads.ts";
import { filename, page } from "../../contracts/fields.ts";
import { ok, type Result } from "../../domain/decider.ts";
import { type Rejection, reject } from "../../domain/rejection.ts";
import { route, type Services } from "../route.ts";
import { none } from "./shared.ts";

const uploads = z
  .object({
    items: z.array(
      z.object({
        filename: z.string(),
        state: z.enum(["landed", "awaited"]),
        bytes: z.int().nullable(),
        uploaded_at: z.string().nullable(),
        swept_at: z.string().nullable(),
      }),
    ),
    next_cursor: z.string().nullable(),
  })
  .meta({
    id: "Uploads",
    description: "One page, which may be empty; next_cursor is null on the last.",
  });

export const uploadRoutes = [
  route({
    method: "get",
    path: "/uploads",
    scope: "lake",
    tag: "Files",
    summary: "What was uploaded, or may be, and never appended, in the order of the names",
    params: none,
    query: z.strictObject(page),
    body: null,
    success: { status: 200, schema: uploads },
    handle: async ({ query, services, call }) => {
      const after = nameIn(query.cursor);
      if (!after.ok) return after;
      const found = await landedBehind(services, call.lake_id, after.value);
      const about = { after: after.value, limit: query.limit, ...found };
      const reply = await services.gateway.ask(call, { kind: "uploads", about });
      if (!reply.ok) return reply;
      const { items, next } =
        reply.value.kind === "uploads" ? reply.value : { items: [], next: null };
      return ok({
        status: 200,
        body: { items, next_cursor: next === null ? null : cursorTo(next) },
      });
    },
  }),
];

const landedBehind = async ({ store }: Services, lake_id: string, after: string) => {
  const prefix = landingKey(lake_id, "");
  const landed: Landed[] = [];
  const behind = after === "" ? undefined : landingKey(lake_id, after);
  for await (const { key, etag, size_bytes, uploaded_at } of store.list(prefix, behind)) {
    if (landed.length === NAMES_AT_ONCE) return { landed, last: false };
    const name = key.slice(prefix.length);
    const at = uploaded_at.toISOString();
    landed.push({ filename: name, etag, bytes: size_bytes, uploaded_at: at });
  }
  return { landed, last: true };
};

/** Opaque, as those of other lists. */
const cursorTo = (name: string): string => btoa(`name:${name}`).replaceAll("=", "");

const nameIn = (cursor: string | undefined): Result<string, Rejection> => {
  if (cursor === undefined) return ok("");
  let text = "";
  try {
    text = atob(cursor);
  } catch {
    text = "";
  }
  const name = text.startsWith("name:") ? filename.safeParse(text.slice("name:".length)) : null;
  if (name?.success) return ok(name.data);
  return reject("invalid", "bad-cursor", "The cursor is none that a list has given.", [
    { path: "cursor", message: "take it from next_cursor, unchanged" },
  ]);
};
