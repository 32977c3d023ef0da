/**
 * Temporary credentials of R2 for one URL: they put one object, do nothing else, and end when the URL
 * does. They are made here, without asking anybody, by signing a token with the account's own secret
 * (https://developers.cloudflare.com/r2/api/s3/temporary-credentials/, "Locally").
 *
 * The token is in the URL and the temporary secret follows from the token, so that whoever has the URL
 * has the credentials too. Hence no preset scope, which would read and delete: one action, one key.
 */
import { SignJWT } from "jose";

/** The key pair of the account that they are derived from, and what they are to open. */
export interface UploadGrant {
  /** Of R2's S3 endpoint, up to and without the bucket. */
  readonly base_url: string;
  readonly bucket: string;
  readonly account_id: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly key: string;
  /** RFC 3339; whole seconds count. */
  readonly signed_at: string;
  /** Whole seconds. */
  readonly expires_in: number;
}

export interface TemporaryCredentials {
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly session_token: string;
}

/** The same whenever they are made again for the same URL. */
export const uploadCredentials = async (grant: UploadGrant): Promise<TemporaryCredentials> => {
  const begins_s = Math.floor(Date.parse(grant.signed_at) / 1000);
  const token = await new SignJWT({
    bucket: grant.bucket,
    actions: ["PutObject"],
    paths: { prefixPaths: [], objectPaths: [grant.key] },
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setSubject(grant.account_id)
    .setIssuer(grant.access_key_id)
    .setAudience(new URL(grant.base_url).host)
    .setIssuedAt(begins_s)
    .setExpirationTime(begins_s + grant.expires_in)
    .sign(encoder.encode(grant.secret_access_key));
  const digest = await crypto.subtle.digest("SHA-256", encoder.encode(token));
  return {
    access_key_id: grant.access_key_id,
    secret_access_key: Buffer.from(digest).toString("hex"),
    session_token: btoa(`jwt/${token}`),
  };
};

const encoder = new TextEncoder();
