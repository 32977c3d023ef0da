/**
 * Who the controllers are: the setting CONTROLLERS. The record of processing activities has to name
 * them, and how to reach them (GDPR Art. 30(1)(a)). No event tells of them: contacts are persons more
 * often than not, and change, and the log keeps everything.
 */
import { z } from "zod";
import { readJsonSetting } from "../contracts/jsonSetting.ts";

const MAX_CONTROLLERS = 256;

/** A name, and how to reach whom it names: one line of a document. */
const line = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .regex(/^\P{C}*$/u, "must be one line of printable text");

const controller = z.strictObject({
  /** Of which lakes: those of that owner; left out: of all that nobody else is named for. */
  owner_id: z.string().min(1).max(256).optional(),
  controller: line,
  /** Art. 26. */
  joint_controllers: z.array(line).min(1).max(16).optional(),
  /** In the Union, of a controller who is not (Art. 27). */
  representative: line.optional(),
  /** Art. 37. */
  data_protection_officer: line.optional(),
});

export type Controller = Readonly<z.output<typeof controller>>;

const controllers = z
  .array(controller)
  .max(MAX_CONTROLLERS)
  .refine(
    (all) => new Set(all.map(({ owner_id }) => owner_id)).size === all.length,
    "names two for the same lakes",
  );

export interface Controllers {
  /** Of the lakes of an owner; null: nobody has said. */
  of(owner_id: string): Controller | null;
  /** What is wrong with the setting, without what stands there; nobody is named by one that is. */
  readonly fault: string | null;
}

const FORM =
  'a JSON list of {"controller", "joint_controllers", "representative", "data_protection_officer", "owner_id"}';

const nobody = (fault: string | null): Controllers => ({ of: () => null, fault });

/** From `CONTROLLERS`; unset, nobody is named. */
export const readControllers = (setting: string | undefined): Controllers => {
  if (!setting) return nobody(null);
  const read = readJsonSetting("CONTROLLERS", FORM, controllers, setting);
  if (read.fault !== null) return nobody(read.fault);
  const byOwner = new Map(read.value.map((each) => [each.owner_id, each]));
  return {
    of: (owner_id) => byOwner.get(owner_id) ?? byOwner.get(undefined) ?? null,
    fault: null,
  };
};
