/** A dataset that is consumed as a whole, against a started server, read as the README says. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { DuckDBInstance } from "@duckdb/node-api";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Server, startServer } from "../../scripts/support/server.ts";

interface Item {
  readonly batch_id: string;
  readonly bytes: number;
  readonly download_url: string;
}

/** The statements by which the README has DuckDB read a manifest. */
const readmeSql = async (): Promise<readonly string[]> => {
  const readme = await readFile(path.resolve(import.meta.dirname, "../../README.md"), "utf8");
  const [, sql = ""] = /duckdb -c "([^"]+)"/.exec(readme) ?? [];
  return sql.split(";").map((statement) => statement.trim());
};

describe("a dataset that is consumed as a whole", () => {
  let directory: string;
  let server: Server;

  const post = async (route: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await fetch(`${server.url}${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    const said = (await answer.json()) as Record<string, unknown>;
    expect(answer.status, JSON.stringify(said)).toBeLessThan(300);
    return said;
  };
  const bring = async (batch_id: string, rows: string) => {
    const file_url = `${batch_id}.csv`;
    const { upload_url } = await post("/upload-url", { filename: file_url });
    await fetch(String(upload_url), { method: "PUT", body: `id,amount\n${rows}` });
    const batch = { dataset: "sales", contract_id: "contract1", batch_id, file_url };
    await post("/append-batch", batch);
    await post("/publish-batch", { batch_id });
  };

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-consumed-"));
    server = await startServer({ persistTo: path.join(directory, "state") });
    await post("/datasets", { name: "sales", schema: { id: "int", amount: "decimal" } });
    await post("/contracts", { dataset: "sales", retention_days: 9 });
    await bring("b1", "1,100\n2,0.5\n");
    await bring("b2", "3,7.25\n");
  });

  afterAll(async () => {
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  test("comes as URLs that open its files, which DuckDB reads as one table", async () => {
    const manifest = await post("/datasets/sales/consume", { consumer: "alice" });
    const items = manifest.items as Item[];
    expect(items.map(({ batch_id }) => batch_id)).toEqual(["b1", "b2"]);
    // Its extension for URLs cannot be had everywhere: the files are fetched first.
    const files = items.map(async ({ batch_id, bytes, download_url }) => {
      const file = path.join(directory, `${batch_id}.parquet`);
      const fetched = Buffer.from(await (await fetch(download_url)).arrayBuffer());
      expect(fetched.length).toBe(bytes);
      await writeFile(file, fetched);
      return { download_url: file };
    });
    const local = path.join(directory, "manifest.json");
    await writeFile(local, JSON.stringify({ ...manifest, items: await Promise.all(files) }));
    const [assign = "", select = ""] = await readmeSql();
    const connection = await (await DuckDBInstance.create()).connect();
    await connection.run(assign.replace("manifest.json", local));
    const table = await connection.runAndReadAll(`SELECT * FROM (${select}) ORDER BY id`);
    expect(table.getRowsJson()).toEqual([
      ["1", "100.00"],
      ["2", "0.50"],
      ["3", "7.25"],
    ]);
  });

  test("is given again only where it has changed since", async () => {
    const { as_of: since } = await post("/datasets/sales/consume", { consumer: "alice" });
    await bring("b3", "4,1\n");
    const later = await post("/datasets/sales/consume", { consumer: "alice", since });
    expect((later.items as Item[]).map(({ batch_id }) => batch_id)).toEqual(["b3"]);
    expect(later.unchanged).toMatchObject([{ batch_id: "b1" }, { batch_id: "b2" }]);
  });
});
