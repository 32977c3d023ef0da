/**
 * Presigned URLs: AWS Signature Version 4 in the query, as R2's S3 endpoint and the simulator's
 * take them. The signature covers method, host, path, time and expiry, so a URL that is altered in
 * any of them is refused by the store itself. It does not cover headers that somebody adds, and one
 * of them, `x-amz-copy-source`, makes of an upload a copy of another object: AWS refuses it
 * unsigned, others have obeyed it. So a URL that writes is signed in a way that such a copy fails
 * whatever the store thinks of headers: see UploadSigning.
 */
import { AwsV4Signer } from "aws4fetch";
import type { Presigner, SignRequest } from "../application/ports.ts";
import { uploadCredentials } from "./uploadCredentials.ts";

/**
 * How URLs that write are signed. `scoped`: with temporary credentials of R2 for the one object, so
 * that no other can be read by them. `no_source`: the header is signed as empty, which the
 * simulator takes to mean that it is not there. `account`: with the account's own, as URLs that
 * read are; what the store does with the header is then the store's.
 */
export type UploadSigning =
  | { readonly kind: "scoped"; readonly account_id: string }
  | { readonly kind: "no_source" }
  | { readonly kind: "account" };

export interface S3Endpoint {
  /** Up to and without the bucket, such as `https://<account>.r2.cloudflarestorage.com`. */
  readonly base_url: string;
  readonly bucket: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
  readonly uploads: UploadSigning;
}

export const presigner = (endpoint: S3Endpoint): Presigner => ({
  async sign(request: SignRequest): Promise<string> {
    const { method, key, signed_at, expires_in } = request;
    const path = key.split("/").map(encodeURIComponent).join("/");
    const url = new URL(`${endpoint.base_url}/${endpoint.bucket}/${path}`);
    url.searchParams.set("X-Amz-Expires", String(expires_in));
    const signer = new AwsV4Signer({
      method,
      url: url.toString(),
      ...(await signingOf(endpoint, request)),
      service: "s3",
      region: "auto",
      signQuery: true,
      // Basic ISO 8601, whole seconds: 20261123T120000Z.
      datetime: `${signed_at.slice(0, 19).replaceAll(/[-:]/g, "")}Z`,
    });
    return (await signer.sign()).url.toString();
  },
});

type Signing = Pick<
  ConstructorParameters<typeof AwsV4Signer>[0],
  "accessKeyId" | "secretAccessKey" | "sessionToken" | "headers"
>;

const signingOf = async (endpoint: S3Endpoint, request: SignRequest): Promise<Signing> => {
  const { uploads, access_key_id, secret_access_key } = endpoint;
  const account = { accessKeyId: access_key_id, secretAccessKey: secret_access_key };
  if (request.method !== "PUT" || uploads.kind === "account") return account;
  if (uploads.kind === "no_source") return { ...account, headers: { "x-amz-copy-source": "" } };
  const { account_id } = uploads;
  const temporary = await uploadCredentials({ ...endpoint, ...request, account_id });
  return {
    accessKeyId: temporary.access_key_id,
    secretAccessKey: temporary.secret_access_key,
    sessionToken: temporary.session_token,
  };
};

/** R2's own S3 endpoint, in the bucket's jurisdiction. */
export const r2Endpoint = (account: string, jurisdiction: string | undefined): string =>
  `https://${account}.${jurisdiction ? `${jurisdiction}.` : ""}r2.cloudflarestorage.com`;

/** The simulator's S3 endpoint on the host that the client itself has reached. */
export const localEndpoint = (origin: string): string => `${origin}/cdn-cgi/local/r2/s3`;
