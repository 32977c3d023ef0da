/** Composition root of signed URLs: by what, and how, those of lakes in a place are signed. */
import type { At } from "./application/places.ts";
import type { Presigner } from "./application/ports.ts";
import { type Env, type Stores, storesOf, UnboundError } from "./env.ts";
import { HttpProblem } from "./http/problem.ts";
import { localEndpoint, presigner, r2Endpoint, type UploadSigning } from "./storage/presigner.ts";

/** The stores of lakes there; what is not bound is named. */
export const storesAt = (env: Env, at: At): Stores => {
  try {
    return storesOf(env, at);
  } catch (error) {
    if (!(error instanceof UnboundError)) throw error;
    throw notConfigured(error.message);
  }
};

/** What is wrong with UPLOAD_CREDENTIALS, or null. */
export const uploadCredentialsFault = ({ UPLOAD_CREDENTIALS }: Env): string | null =>
  ["", "scoped", "account"].includes(UPLOAD_CREDENTIALS ?? "")
    ? null
    : "UPLOAD_CREDENTIALS is neither scoped nor account.";

/** Signs for any key in the bucket: whoever works for one lake is given it bound to that one. */
export const presignerAt = (env: Env, at: At, origin: string): Presigner => {
  const { R2_ACCESS_KEY_ID, R2_SECRET_ACCESS_KEY, R2_ACCOUNT_ID } = env;
  const { bucket, jurisdiction } = storesAt(env, at);
  const fault = uploadCredentialsFault(env);
  if (fault !== null) return refusing(fault);
  if (!R2_ACCESS_KEY_ID || !R2_SECRET_ACCESS_KEY) {
    return refusing("R2_ACCESS_KEY_ID and R2_SECRET_ACCESS_KEY are not set: no URL can be signed.");
  }
  return presigner({
    base_url: R2_ACCOUNT_ID ? r2Endpoint(R2_ACCOUNT_ID, jurisdiction) : localEndpoint(origin),
    bucket,
    access_key_id: R2_ACCESS_KEY_ID,
    secret_access_key: R2_SECRET_ACCESS_KEY,
    uploads: signingOfUploads(env),
  });
};

const signingOfUploads = (env: Env): UploadSigning => {
  if (!env.R2_ACCOUNT_ID) return { kind: "no_source" };
  return env.UPLOAD_CREDENTIALS === "account"
    ? { kind: "account" }
    : { kind: "scoped", account_id: env.R2_ACCOUNT_ID };
};

const refusing = (detail: string): Presigner => ({
  sign: async () => {
    throw notConfigured(detail);
  },
});

const notConfigured = (detail: string) =>
  new HttpProblem({ status: 503, code: "not-configured", detail });
