/**
 * The URLs of an answer, made when it goes out: what is kept of an answer is what to sign, never a
 * credential.
 */
import type { Answer, ToSign } from "../application/answers.ts";
import type { Presigner } from "../application/ports.ts";

interface Signing {
  readonly presigner: Presigner;
  /** Scheme and host that the client has reached Lethe under. */
  readonly origin: string;
}

/** The members of the body that are URLs, or have one each. */
export const signedUrls = async (
  { body, sign, item_signs }: Answer,
  signing: Signing,
  lake_id: string,
): Promise<Answer["body"]> => {
  if (sign) return { [sign.field]: await urlOf(sign, signing, lake_id) };
  const { items } = body;
  if (item_signs === undefined || !Array.isArray(items)) return {};
  const urls = await Promise.all(item_signs.map((each) => urlOf(each, signing, lake_id)));
  return { items: items.map((item, index) => ({ ...item, download_url: urls[index] })) };
};

/** What is sealed is read through Lethe, everything else straight from the object store. */
const urlOf = async (
  sign: ToSign,
  { presigner, origin }: Signing,
  lake_id: string,
): Promise<string> =>
  sign.sealed?.token
    ? `${origin}/lakes/${lake_id}/sealed/${sign.sealed.token}`
    : presigner.sign(sign);
