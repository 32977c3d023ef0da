/**
 * Presigned URLs: AWS Signature Version 4 in the query, as R2's S3 endpoint and the simulator's
 * take them. The signature covers method, host, path, time and expiry, so a URL that is altered in
 * any of them is refused by the store itself.
 */
import { AwsV4Signer } from "aws4fetch";
import type { Presigner, SignRequest } from "../application/ports.ts";

export interface S3Endpoint {
  /** Up to and without the bucket, such as `https://<account>.r2.cloudflarestorage.com`. */
  readonly base_url: string;
  readonly bucket: string;
  readonly access_key_id: string;
  readonly secret_access_key: string;
}

export const presigner = (endpoint: S3Endpoint): Presigner => ({
  async sign({ method, key, signed_at, expires_in }: SignRequest): Promise<string> {
    const path = key.split("/").map(encodeURIComponent).join("/");
    const url = new URL(`${endpoint.base_url}/${endpoint.bucket}/${path}`);
    url.searchParams.set("X-Amz-Expires", String(expires_in));
    const signer = new AwsV4Signer({
      method,
      url: url.toString(),
      accessKeyId: endpoint.access_key_id,
      secretAccessKey: endpoint.secret_access_key,
      service: "s3",
      region: "auto",
      signQuery: true,
      // Basic ISO 8601, whole seconds: 20261123T120000Z.
      datetime: `${signed_at.slice(0, 19).replaceAll(/[-:]/g, "")}Z`,
    });
    return (await signer.sign()).url.toString();
  },
});

/** R2's own S3 endpoint, in the bucket's jurisdiction. */
export const r2Endpoint = (account: string, jurisdiction: string | undefined): string =>
  `https://${account}.${jurisdiction ? `${jurisdiction}.` : ""}r2.cloudflarestorage.com`;

/** The simulator's S3 endpoint on the host that the client itself has reached. */
export const localEndpoint = (origin: string): string => `${origin}/cdn-cgi/local/r2/s3`;
