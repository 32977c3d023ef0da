/** Builds the web console's one script and one style sheet from their sources, always to the same bytes. */
import path from "node:path";
import { build } from "esbuild";
import { ROOT } from "./wrangler.ts";

export interface BuiltFile {
  /** The file that is committed. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

const CLIENT = path.join(ROOT, "src/console/client");
const BUILT = path.join(ROOT, "src/console/built");

/** Browsers of the last years: those that know `<dialog>`, and sign with Ed25519 or say they cannot. */
const TARGET = "es2022";

/** Rejects with the bundler's words when the sources do not build. */
export const buildConsole = async (): Promise<readonly BuiltFile[]> => {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: {
      console: path.join(CLIENT, "main.tsx"),
      style: path.join(CLIENT, "style/console.css"),
    },
    outdir: BUILT,
    bundle: true,
    minify: true,
    format: "esm",
    target: TARGET,
    charset: "utf8",
    legalComments: "none",
    tsconfig: path.join(CLIENT, "tsconfig.json"),
    write: false,
    logLevel: "silent",
  });
  return outputFiles.map((file) => ({
    file: file.path.replace(/style\.css$/, "console.css"),
    bytes: file.contents,
  }));
};
