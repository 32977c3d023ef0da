import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import {
  importFaults,
  importsOf,
  MAX_LINES,
  type Source,
  strayEntries,
  TOP_LEVEL,
  textFaults,
  withoutComments,
} from "./support/architecture.ts";

const root = path.resolve(import.meta.dirname, "..");

const sourcesIn = (folder: string): readonly Source[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => path.posix.join(folder, file.replaceAll(path.sep, "/")))
    .sort()
    .map((file) => ({ file, text: readFileSync(path.join(root, file), "utf8") }));

/** What git holds at the top level, not what somebody put beside it; all there is without git. */
const topLevel = (): readonly string[] => {
  try {
    const files = execFileSync("git", ["ls-files"], { cwd: root, encoding: "utf8", stdio: "pipe" });
    return [...new Set(files.split("\n").map((file) => file.split("/", 1)[0] ?? ""))];
  } catch {
    return readdirSync(root);
  }
};

describe("the sources", () => {
  const sources = sourcesIn("src");

  it("import inward only, and siblings never", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.flatMap(importFaults)).toEqual([]);
  });

  it("are short and have no any, no non-null assertion, no note and no environment", () => {
    expect(sources.flatMap(textFaults)).toEqual([]);
  });

  it("begin with a word on what they promise", () => {
    const silent = sources.filter(({ text }) => !/^(?:import [^\n]*\n)*\/\*\*/.test(text));
    expect(silent.map(({ file }) => file)).toEqual([]);
  });
});

describe("the tests", () => {
  it("draw what they draw from the one seed", () => {
    const drawing = sourcesIn("test").filter(({ text }) =>
      /^import .* from "fast-check"/m.test(text),
    );
    expect(drawing.map(({ file }) => file)).toEqual(["test/support/property.ts"]);
  });
});

describe("the top level of the repository", () => {
  it("has nothing but what the design names", () => {
    expect(topLevel()).toContain("src");
    expect(strayEntries(topLevel().filter((entry) => entry !== ""))).toEqual([]);
  });
});

describe("the check of imports", () => {
  const faultsOf = (file: string, ...lines: readonly string[]) =>
    importFaults({ file, text: lines.join("\n") });

  it("finds every way to name a module", () => {
    const text = [
      'import { a } from "./a.ts";',
      'import type { B } from "./b.ts";',
      "import {",
      "  c,",
      '} from "./c.ts";',
      'import * as d from "./d.ts";',
      'export { e } from "./e.ts";',
      'export * from "./f.ts";',
      'import "./g.ts";',
      'const h = await import("./h.ts");',
      "type I = typeof import('./i.ts');",
      'const j = require("./j.ts");',
    ].join("\n");
    expect([...importsOf(text)].sort()).toEqual(
      [..."abcdefghij"].map((letter) => `./${letter}.ts`),
    );
  });

  it("does not take comments or other strings for imports", () => {
    const text = [
      '// import { a } from "./a.ts";',
      '/* import "./b.ts"; */',
      'const from = "./c.ts";',
      'const url = "https://example.com"; // from "./d.ts"',
      'const routes = { "GET /log/import": 1, "POST /log/import": 2 };',
    ].join("\n");
    expect(importsOf(text)).toEqual([]);
    expect(withoutComments('const url = "https://x"; // gone')).toBe('const url = "https://x"; ');
  });

  it.each([
    ["src/domain/a.ts", "../contracts/b.ts"],
    ["src/domain/a.ts", "zod"],
    ["src/domain/lake/a.ts", "../../application/b.ts"],
    ["src/domain/a.ts", "node:crypto"],
    ["src/contracts/a.ts", "../application/b.ts"],
    ["src/contracts/a.ts", "../data/quality/pattern.ts"],
    ["src/contracts/a.ts", "hono"],
    ["src/application/a.ts", "../eventlog/b.ts"],
    ["src/application/a.ts", "../http/b.ts"],
    ["src/application/a.ts", "node:crypto"],
    ["src/application/a.ts", "zod"],
    ["src/eventlog/a.ts", "../reporting/b.ts"],
    ["src/data/privacy/a.ts", "../../storage/b.ts"],
    ["src/storage/a.ts", "../data/b.ts"],
    ["src/reporting/a.ts", "../http/b.ts"],
    ["src/http/routes/a.ts", "../../eventlog/b.ts"],
    ["src/http/a.ts", "../worker.ts"],
    ["src/http/a.ts", "../env.ts"],
    ["src/http/a.ts", "cloudflare:workers"],
    ["src/http/a.ts", "../../test/support/b.ts"],
    ["src/http/a.ts", "../../package.json"],
    ["src/http/a.ts", "../console/consoleFiles.ts"],
    ["src/console/consoleFiles.ts", "preact"],
    ["src/console/client/a.tsx", "../../contracts/b.ts"],
    ["src/console/client/a.tsx", "hono"],
    ["src/utils/a.ts", "../domain/b.ts"],
    ["src/helper.ts", "./domain/b.ts"],
  ])("finds a fault when %s imports %s", (file, specifier) => {
    expect(faultsOf(file, `import { x } from "${specifier}";`)).toHaveLength(1);
  });

  it.each([
    ["src/domain/lake/a.ts", "../decider.ts"],
    ["src/contracts/a.ts", "zod"],
    ["src/contracts/a.ts", "re2js"],
    ["src/contracts/a.ts", "../domain/b.ts"],
    ["src/application/keyring.ts", "node:crypto"],
    ["src/application/a.ts", "../contracts/b.ts"],
    ["src/eventlog/a.ts", "../application/b.ts"],
    ["src/data/a.ts", "hyparquet"],
    ["src/http/routes/a.ts", "../problem.ts"],
    ["src/http/a.ts", "hono"],
    ["src/console/client/ui/a.tsx", "preact/hooks"],
    ["src/console/client/ui/a.tsx", "../api/b.ts"],
    ["src/worker.ts", "cloudflare:workers"],
    ["src/worker.ts", "./http/app.ts"],
    ["src/lakeObject.ts", "./env.ts"],
  ])("finds none when %s imports %s", (file, specifier) => {
    expect(faultsOf(file, `import { x } from "${specifier}";`)).toEqual([]);
  });
});

describe("the check of texts", () => {
  const faultsIn = (text: string, file = "src/domain/a.ts") => textFaults({ file, text });

  it("counts lines", () => {
    expect(faultsIn("x\n".repeat(MAX_LINES))).toEqual([]);
    expect(faultsIn("x\n".repeat(MAX_LINES + 1))).toEqual([
      `src/domain/a.ts has ${MAX_LINES + 1} lines, ${MAX_LINES} is the limit`,
    ]);
  });

  it.each([
    "const a: any = 1;",
    "const a = b as any;",
    "type A = Record<string, any>;",
    "const a = (b: any) => b;",
    "let a: string | any;",
    "const a: any[] = [];",
  ])("finds any in %s", (text) => {
    expect(faultsIn(text)).toEqual(["src/domain/a.ts:1 has any"]);
  });

  it.each(["a!.b", "a[0]!;", "f()!;", "f(a!)", "const b = a!;", "a!.b!.c", "(a)![0]"])(
    "finds a non-null assertion in %s",
    (text) => {
      expect(faultsIn(text)).toEqual(["src/domain/a.ts:1 asserts non-null"]);
    },
  );

  it.each(["// TODO: later", "/* FIXME */", "const a = 1; // XXX"])(
    "finds a note in %s",
    (text) => {
      expect(faultsIn(text)).toEqual(["src/domain/a.ts:1 leaves a note"]);
    },
  );

  it("finds the environment outside the roots only", () => {
    expect(faultsIn("const env: Cloudflare.Env = x;")).toHaveLength(1);
    expect(faultsIn("const env: Cloudflare.Env = x;", "src/worker.ts")).toEqual([]);
  });

  it.each([
    "/** Any of them: any other. */",
    'const a = "any as any";',
    "if (a !== b && !c) return;",
    "const a = !b;",
    'const text = "Stop!";',
    "const pattern = /a!(any)/;",
    "const a = b.any(c);",
    "Promise.any([a]);",
    "const { any: some } = a;",
  ])("finds nothing in %s", (text) => {
    expect(faultsIn(text)).toEqual([]);
  });

  it("tells the line", () => {
    expect(faultsIn("const a = 1;\n/* two\nlines */\nconst b = a!;")).toEqual([
      "src/domain/a.ts:4 asserts non-null",
    ]);
  });
});

describe("the check of the top level", () => {
  it("knows what belongs there and finds what does not", () => {
    expect(strayEntries([...TOP_LEVEL, ".git", ".ci", ".dev.vars"])).toEqual([]);
    expect(strayEntries(["src", "notes.txt", "vitest.config.ts"])).toEqual([
      "notes.txt",
      "vitest.config.ts",
    ]);
  });
});
