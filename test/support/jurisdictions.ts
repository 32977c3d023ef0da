/**
 * A namespace of lakes as the platform has it: the same name is another object in every
 * jurisdiction, and an object knows which it is in. The objects are the simulator's own, under a
 * name that says where they are.
 */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import type { Env } from "../../src/env.ts";
import { LakeObject } from "../../src/lakeObject.ts";

interface Id {
  readonly name: string;
  readonly jurisdiction: string | undefined;
}

/** The object that holds what a name has in a jurisdiction, undefined for none. */
export const objectOf = (name: string, jurisdiction?: string) => {
  const { LAKES } = env as Env;
  return LAKES.get(LAKES.idFromName(jurisdiction === undefined ? name : `${jurisdiction}:${name}`));
};

/** From here on the object says of itself where it is. */
const held = (state: DurableObjectState, jurisdiction: string | undefined): DurableObjectState =>
  Object.defineProperty(state, "id", { value: { jurisdiction }, configurable: true });

/**
 * `asked` tells every object that was reached, and what for; `variables` are the objects' own.
 * Two platforms have two prefixes.
 */
export const jurisdictions = (variables: () => Partial<Env>, prefix = "") => {
  const asked: string[] = [];
  const stubOf = ({ name, jurisdiction }: Id) => {
    const ask = (verb: string, given: readonly unknown[]) => {
      asked.push(`${verb} ${name} in ${jurisdiction ?? "none"}`);
      return runInDurableObject(objectOf(`${prefix}${name}`, jurisdiction), async (_, state) => {
        const own = { ...(env as Env), ...variables() };
        const object = new LakeObject(held(state, jurisdiction), own);
        const method = Reflect.get(object, verb) as (...all: readonly unknown[]) => unknown;
        return await method.apply(object, [...given]);
      });
    };
    return new Proxy(
      {},
      {
        get: (_, verb) =>
          verb === "then" ? undefined : (...given: readonly unknown[]) => ask(String(verb), given),
      },
    );
  };
  const namespace = (jurisdiction: string | undefined) => ({
    idFromName: (name: string): Id => ({ name, jurisdiction }),
    get: stubOf,
    jurisdiction: namespace,
  });
  return { asked, LAKES: namespace(undefined) as unknown as Env["LAKES"] };
};
