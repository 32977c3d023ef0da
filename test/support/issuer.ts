/** An OpenID Connect issuer of a test's own: keys made here, tokens signed here, its key set served. */
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export const newKey = async (kid: string, alg = "ES256"): Promise<IssuerKey> => {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
  return { kid, alg, privateKey, publicKey, jwk };
};

/** Signs claims; `header` replaces what the key says, undefined leaves it out. */
export const sign = (
  claims: JWTPayload,
  { kid, alg, privateKey }: Pick<IssuerKey, "kid" | "alg" | "privateKey">,
  header: Readonly<Record<string, unknown>> = {},
): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg, kid, typ: "JWT", ...header }).sign(privateKey);

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A token with any header, claims and signature. */
export const forged = (header: object, claims: object, signature = ""): string =>
  `${encoded(header)}.${encoded(claims)}.${signature}`;

/** A key set as it is fetched, with a count; `down` makes it fail. */
export const keySet = (keys: readonly IssuerKey[]) => {
  const served = {
    keys: [...keys],
    fetches: 0,
    down: null as (() => Response | Promise<Response>) | null,
    fetch: async (): Promise<Response> => {
      served.fetches += 1;
      if (served.down) return served.down();
      return Response.json({ keys: served.keys.map(({ jwk }) => jwk) });
    },
  };
  return served;
};
