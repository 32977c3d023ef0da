/**
 * The rules of DESIGN.md about who may import whom and what a file may hold, as functions of a
 * path and a text, so that they can be tried on made-up sources.
 */
import path from "node:path";

export interface Source {
  /** Relative to the repository, such as `src/domain/decider.ts`. */
  readonly file: string;
  readonly text: string;
}

export const MAX_LINES = 320;

/** Composition roots: they see the platform and everybody. */
const ROOTS = [
  "src/worker.ts",
  "src/services.ts",
  "src/lakeObject.ts",
  "src/openLake.ts",
  "src/lakesAt.ts",
  "src/upkeep.ts",
  "src/urlSigning.ts",
  "src/operations.ts",
  "src/lakesOnRecord.ts",
  "src/env.ts",
];

/** What each layer may import of the others; itself it may always. */
const INWARD: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  contracts: ["domain"],
  application: ["domain", "contracts"],
  eventlog: ["domain", "contracts", "application"],
  data: ["domain", "contracts", "application"],
  storage: ["domain", "contracts", "application"],
  reporting: ["domain", "contracts", "application"],
  calendar: ["domain", "contracts", "application"],
  http: ["domain", "contracts", "application"],
  console: [],
};

/** The files that do cryptography; everybody else asks them. */
const CRYPTO = [
  "src/application/ciphers.ts",
  "src/application/digests.ts",
  "src/application/keyring.ts",
  "src/application/logSigner.ts",
  "src/application/webhookSignature.ts",
];

/** Packages and built-in modules the inner layers may use, and where; the outer ones choose. */
const OUTSIDE: Readonly<Record<string, (specifier: string, file: string) => boolean>> = {
  domain: () => false,
  contracts: (specifier) => ["zod", "re2js"].includes(specifier),
  application: (specifier, file) => specifier === "node:crypto" && CRYPTO.includes(file),
  // Its client runs in a browser, and is bundled with what it shows itself by.
  console: (specifier, file) =>
    file.startsWith("src/console/client/") && /^preact(\/hooks)?$/.test(specifier),
};

export const TOP_LEVEL = [
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "wrangler.toml",
  "src",
  "test",
  "scripts",
  "README.md",
  "node_modules",
];

/** Entries of the top level that the design does not know. Those with a leading dot may be there. */
export const strayEntries = (entries: readonly string[]): readonly string[] =>
  entries.filter((entry) => !entry.startsWith(".") && !TOP_LEVEL.includes(entry));

/** What a source says without its comments; strings stay, and so do line breaks. */
export const withoutComments = (text: string): string =>
  text.replace(
    /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (found: string, string: string | undefined) => string ?? found.replace(/[^\n]/g, ""),
  );

/** Every module a source names: imports, exports from, side effects, `import()`, types of either. */
export const importsOf = (text: string): readonly string[] => {
  const code = withoutComments(text);
  const patterns = [
    /\b(?:import|export)\b[^"';`]*?\bfrom\s*["']([^"']+)["']/g,
    /(?:^|;)\s*import\s*["']([^"']+)["']/gm,
    /\bimport\s*\(\s*["'`]([^"'`]+)["'`]/g,
    /\brequire\s*\(\s*["'`]([^"'`]+)["'`]/g,
  ];
  return patterns.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(([, specifier]) => specifier ?? ""),
  );
};

const layerOf = (file: string): string | null => /^src\/([^/]+)\//.exec(file)?.[1] ?? null;

/** What is wrong with who a source imports. */
export const importFaults = ({ file, text }: Source): readonly string[] => {
  const layer = layerOf(file);
  return importsOf(text).flatMap((specifier) => {
    const fault = importFault(file, layer, specifier);
    return fault === null ? [] : [`${file} imports ${specifier}: ${fault}`];
  });
};

const importFault = (file: string, layer: string | null, specifier: string): string | null => {
  const isRoot = ROOTS.includes(file);
  if (!specifier.startsWith(".")) {
    if (specifier.startsWith("cloudflare:"))
      return isRoot ? null : "only the roots see the platform";
    const allowed = layer === null ? undefined : OUTSIDE[layer];
    return allowed === undefined || allowed(specifier, file)
      ? null
      : `${layer} does not use this module`;
  }
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier));
  if (!target.startsWith("src/")) return "it lies outside src";
  if (isRoot) return null;
  const other = layerOf(target);
  if (other === null) return "only the roots import roots";
  if (layer === null || !Object.hasOwn(INWARD, layer)) return "its folder is no layer";
  if (other === layer) return null;
  return INWARD[layer]?.includes(other) ? null : `${layer} does not see ${other}`;
};

/** What is wrong with the text of a source, whoever it imports. */
export const textFaults = ({ file, text }: Source): readonly string[] => {
  const faults: string[] = [];
  const lines = text.trimEnd().split("\n").length;
  if (lines > MAX_LINES) faults.push(`${file} has ${lines} lines, ${MAX_LINES} is the limit`);
  const bare = withoutStrings(withoutComments(text));
  for (const [index, line] of bare.split("\n").entries()) {
    const at = `${file}:${index + 1}`;
    if (/(?:[:<,|&(=]|\bas|\bextends|=>)\s*any\b(?!\s*[:(.])/.test(line))
      faults.push(`${at} has any`);
    if (/[\w\])]!(?=[.;,)\]}[(\s]|$)(?!\s*=)/.test(line)) faults.push(`${at} asserts non-null`);
    if (
      !ROOTS.includes(file) &&
      /\b(?:LetheEnv|Cloudflare\.Env|DurableObjectNamespace)\b/.test(line)
    ) {
      faults.push(`${at} sees the environment`);
    }
  }
  for (const [index, line] of text.split("\n").entries()) {
    if (/\b(?:TODO|FIXME|XXX|HACK)\b/.test(line)) faults.push(`${file}:${index + 1} leaves a note`);
  }
  return faults;
};

const withoutStrings = (code: string): string =>
  code.replace(
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/(?![*/\s])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/g,
    (found) => found.replace(/[^\n]/g, ""),
  );
