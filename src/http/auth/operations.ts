/**
 * Routes and the table of who may take them (application/accessTable.ts). What is for no lake is
 * refused here, before anything is read; what is for a lake, the lake decides.
 */
import { ACCESS, type Access, isOperation, type Operation } from "../../application/accessTable.ts";
import { tokenOfALake } from "../../application/admission.ts";
import { ok, type Result } from "../../domain/decider.ts";
import { type Rejection, reject } from "../../domain/rejection.ts";
import type { Route } from "../route.ts";
import type { Identity } from "./identify.ts";

type Named = Pick<Route, "method" | "path">;

const nameOf = ({ method, path }: Named): string =>
  `${method.toUpperCase()} ${path === "" ? "/lakes/{lake_id}" : path}`;

/** The table's name of a route. Throws for one that the table does not know. */
export const operationOf = (route: Named): Operation => {
  const name = nameOf(route);
  if (!isOperation(name)) throw new Error(`nobody has said who may ${name}`);
  return name;
};

/** Throws at start-up when a route is not in the table, or the table has one that is no route. */
export const checkAccessTable = (routes: readonly Named[], others: readonly string[]): void => {
  const served = new Set<string>([...routes.map(operationOf), ...others]);
  // What a parameter of the query makes more of belongs to the route without it.
  const stray = Object.keys(ACCESS).filter((name) => !served.has(name.replace(/\?.*$/, "")));
  if (stray.length > 0) throw new Error(`there is no route ${stray.join(", ")}`);
  const unnamed = others.filter((name) => !isOperation(name));
  if (unnamed.length > 0) throw new Error(`nobody has said who may ${unnamed.join(", ")}`);
};

/** Whether the caller may take a route that asks no lake whether he may. */
export const mayTake = (identity: Identity, access: Access): Result<null, Rejection> => {
  if (identity.kind === "local") return ok(null);
  if (access.kind !== "person" && access.kind !== "admin") return ok(null);
  if (identity.kind === "scraper") return ok(null);
  if (identity.kind === "token") return tokenOfALake();
  if (access.kind === "person" || (identity.kind === "person" && identity.admin)) return ok(null);
  return reject(
    "forbidden",
    "not-an-administrator",
    "This is for the platform's administrators: PLATFORM_ADMINS names them.",
  );
};
