/** Composition root: where lakes are, and how they are called there. */
import { waitUntil } from "cloudflare:workers";
import { type Gateway, type LakeStub, lakeGateway } from "./application/lakeStub.ts";
import { say } from "./application/logging.ts";
import { type At, noPlaces, type Places, places } from "./application/places.ts";
import { remember } from "./application/remember.ts";
import { wait } from "./application/timers.ts";
import type { LocationHint } from "./domain/residency.ts";
import { type Env, hasJurisdictions } from "./env.ts";

/** Ids that were made of names, which costs as much as a part of a command. */
const MAX_KNOWN_IDS = 10_000;
const knownIds = new WeakMap<DurableObjectNamespace, Map<string, DurableObjectId>>();

const idAt = ({ LAKES }: Env, at: At, lake_id: string): DurableObjectId => {
  const known = knownIds.get(LAKES) ?? new Map<string, DurableObjectId>();
  const name = `${at ?? ""}/${lake_id}`;
  const before = known.get(name);
  if (before) return before;
  const id = lakesAt(LAKES, at).idFromName(lake_id);
  remember(known, name, id, MAX_KNOWN_IDS);
  knownIds.set(LAKES, known);
  return id;
};

const lakesAt = (lakes: Env["LAKES"], at: At) => (at === null ? lakes : lakes.jurisdiction(at));

export const stubAt = (env: Env, at: At, lake_id: string, hint: LocationHint | null = null) => {
  const lakes = lakesAt(env.LAKES, at);
  return lakes.get(idAt(env, at, lake_id), hint === null ? {} : { locationHint: hint });
};

export const gatewayAt = (env: Env, at: At): Gateway =>
  lakeGateway((lake_id) => stubAt(env, at, lake_id) as unknown as LakeStub, {
    keep: waitUntil,
    pause: wait,
    now_ms: Date.now,
  });

const keptPlaces = new WeakMap<Env, Places>();

/** What is known of where lakes are is the same for all requests. */
export const placesOf = (env: Env): Places => {
  const kept = keptPlaces.get(env) ?? madePlaces(env);
  keptPlaces.set(env, kept);
  return kept;
};

let said = false;

const madePlaces = (env: Env): Places => {
  if (hasJurisdictions(env)) return places((id, hint) => stubAt(env, null, id, hint));
  if (!said) {
    say(
      "warn",
      "This platform has no jurisdictions, as the local simulator: lakes are made wherever it " +
        "runs, and say so (residency.enforced is false).",
    );
  }
  said = true;
  return noPlaces;
};
