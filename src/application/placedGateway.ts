/** Lakes wherever they are: what is asked of one goes to its own jurisdiction. */
import type { Call } from "./lakeGateway.ts";
import type { Gateway } from "./lakeStub.ts";
import type { At, Places } from "./places.ts";

export const placedGateway = (places: Pick<Places, "of">, at: (place: At) => Gateway): Gateway => {
  const within = async ({ lake_id }: Call): Promise<Gateway> => at(await places.of(lake_id));
  return {
    command: async (call, ...asked) => (await within(call)).command(call, ...asked),
    open: async (call, ...asked) => (await within(call)).open(call, ...asked),
    abandon: async (call, ...asked) => (await within(call)).abandon(call, ...asked),
    ask: async (call, ...asked) => (await within(call)).ask(call, ...asked),
    prove: async (call, ...asked) => (await within(call)).prove(call, ...asked),
    listen: async (call, ...asked) => (await within(call)).listen(call, ...asked),
    importLog: async (call, ...asked) => (await within(call)).importLog(call, ...asked),
  };
};
