/** Who may vouch for callers, and who runs the platform: the settings OIDC_ISSUERS and PLATFORM_ADMINS. */
import { z } from "zod";
import { parsedJson, type Read, readJsonSetting } from "../../contracts/jsonSetting.ts";
import { subjectFault } from "../../domain/member/subject.ts";
import { isLoopback } from "../guard.ts";

const MAX_ISSUERS = 16;
const MAX_ADMINS = 1_000;

/** Keys and identifiers that travel in clear could be anybody's; on the machine itself they cannot. */
const isTrustworthy = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password, hash } = new URL(text);
  if (username !== "" || password !== "" || hash !== "") return false;
  return protocol === "https:" || (protocol === "http:" && isLoopback(hostname));
};

const place = z
  .string()
  .max(2048)
  .refine(isTrustworthy, "must be an https URL (http only to loopback), without user or fragment");

const audience = z.string().min(1).max(1024);

const issuer = z.strictObject({
  /** As the claim `iss` has it, character by character. */
  issuer: place,
  audience: z.union([audience, z.array(audience).min(1).max(16)]),
  jwks_uri: place,
  /** The claim that names the caller; another than `sub` where that is no opaque identifier. */
  subject_claim: z.string().min(1).max(64).default("sub"),
  /**
   * Whether its subjects are known by `<issuer>#<name>`; left out: unless it comes first. Who takes
   * the first one out of the list says so of the next, or that one's people would be called anew.
   */
  qualified: z.boolean().optional(),
});

export type Issuer = z.output<typeof issuer>;

/** Whether the issuer at that place of the list has its name put before those of its subjects. */
export const isQualified = ({ qualified }: Issuer, index: number): boolean =>
  qualified ?? index > 0;

const issuers = z
  .array(issuer)
  .min(1)
  .max(MAX_ISSUERS)
  .refine(
    (all) => new Set(all.map((one) => one.issuer)).size === all.length,
    "names an issuer twice (audience may be a list)",
  )
  .refine(
    (all) => all.filter((one, index) => !isQualified(one, index)).length <= 1,
    "has more than one issuer whose subjects are not qualified",
  );

/** Reads OIDC_ISSUERS; a fault says what is wrong and where, without what stands there. */
export const readIssuers = (text: string | undefined): Read<readonly Issuer[]> => {
  const form = 'a JSON list of {"issuer", "audience", "jwks_uri"}';
  if (!text) {
    return { fault: `OIDC_ISSUERS is not set: ${form} says whose tokens tell callers apart.` };
  }
  return readJsonSetting("OIDC_ISSUERS", form, issuers, text);
};

/** Reads PLATFORM_ADMINS: a JSON list of subjects, or subjects parted by commas. */
export const readAdmins = (text: string | undefined): Read<ReadonlySet<string>> => {
  const value = new Set(listed(text ?? ""));
  const faulty = [...value].map(subjectFault).find((fault) => fault !== null);
  if (faulty) return { fault: `PLATFORM_ADMINS is not valid: a subject ${faulty}.` };
  if (value.size > MAX_ADMINS) return { fault: `PLATFORM_ADMINS has more than ${MAX_ADMINS}.` };
  return { fault: null, value };
};

const listed = (text: string): readonly string[] => {
  const json = text.trimStart().startsWith("[") ? parsedJson(text) : undefined;
  const strings = z.array(z.string()).safeParse(json);
  if (strings.success) return strings.data;
  return text.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]));
};
