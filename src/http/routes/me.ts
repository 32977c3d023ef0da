/** Who the caller was found to be. */
import { z } from "zod";
import { ok } from "../../domain/decider.ts";
import { ROLES } from "../../domain/member/roles.ts";
import { route } from "../route.ts";
import { none } from "./shared.ts";

const me = z
  .object({
    actor: z.string().meta({ description: "As events name the caller." }),
    kind: z.enum(["person", "token", "local"]).meta({
      description: "local: whoever is at the machine, where nobody is told apart.",
    }),
    name: z.string().nullable().meta({ description: "Of a token." }),
    issued_by: z.string().nullable().meta({ description: "Who answers for a token." }),
    roles: z.array(z.enum(ROLES)).meta({ description: "In this lake." }),
    platform_admin: z.boolean(),
    valid_until: z
      .string()
      .nullable()
      .meta({ format: "date-time", description: "When what was shown opens nothing any more." }),
  })
  .meta({ id: "Me" });

export const meRoutes = [
  route({
    method: "get",
    path: "/me",
    scope: "lake",
    tag: "Members",
    summary: "Who you were found to be, and your roles in this lake",
    params: none,
    query: none,
    body: null,
    success: { status: 200, schema: me },
    handle: async ({ services, call }) => {
      const reply = await services.gateway.ask(call, { kind: "me" });
      if (!reply.ok) return reply;
      if (reply.value.kind !== "me") throw new Error("it was asked who asks");
      return ok({ status: 200, body: reply.value.me });
    },
  }),
];
