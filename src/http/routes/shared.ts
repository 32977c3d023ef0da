/** Pieces that several route files need. */
import { z } from "zod";
import type { Call, LakeRequest } from "../../application/lakeGateway.ts";
import type { When } from "../../application/questions.ts";
import { when } from "../../contracts/fields.ts";
import { reject } from "../../domain/rejection.ts";
import {
  commandAnswer,
  type Handled,
  type HttpAnswer,
  type ReportText,
  type Services,
} from "../route.ts";

export const none = z.strictObject({});
export const whenQuery = z.strictObject(when);

/** Of routes that read what an encrypted dataset holds. */
export const KEY_DESTROYED = { 410: "The key of its encrypted dataset was destroyed" };

export interface At {
  readonly at?: string | undefined;
  readonly version?: number | undefined;
}

/** The moment a question is about; both ways of naming it at once are refused. */
export const whenOf = ({ at, version }: At): When =>
  at !== undefined ? { at } : version !== undefined ? { version } : null;

export const refuseBoth = ({ at, version }: At) =>
  at !== undefined && version !== undefined
    ? reject("invalid", "at-and-version", "Give at or version, not both.", [
        { path: "version", message: "not together with at" },
      ])
    : null;

interface Deps {
  readonly services: Services;
  readonly call: Call;
}

/** Sends one command to the lake and answers what it answered. */
export const command = async (deps: Deps, request: LakeRequest): Handled =>
  commandAnswer(await deps.services.gateway.command(deps.call, request), deps);

/** A spreadsheet opens a file; a page is looked at first. */
export const textAnswer = ({ filename, media_type, text }: ReportText): HttpAnswer => ({
  status: 200,
  body: text,
  media_type,
  headers: {
    "Content-Disposition": `${media_type.startsWith("text/html") ? "inline" : "attachment"}; filename="${filename}"`,
  },
});
