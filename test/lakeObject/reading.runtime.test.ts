/** Files that are not written as Lethe writes them, through the life of a batch. */
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { appendPeople, forget, holding, peopleLake } from "../support/erasureLake.ts";
import { inTheEnd, type Lake, newLake } from "../support/lakeClient.ts";
import { encoded } from "../support/spelledCsv.ts";

const SCHEMA = {
  nr: "int",
  name: "string",
  umsatz: "decimal",
  am: "datetime",
  ok: "boolean",
  tel: "string",
};

const GERMAN = {
  delimiter: ";",
  encoding: "windows-1252",
  decimal_separator: ",",
  thousands_separator: ".",
  datetime_format: "DD.MM.YYYY HH:mm",
  time_zone: "Europe/Berlin",
  true_values: ["ja"],
  false_values: ["nein"],
  null_values: ["-"],
} as const;

const { delimiter: _, ...KEPT } = GERMAN;

const HEADER = "nr;name;umsatz;am;ok;tel";
const ROWS = [
  "1.001;Jörg Müßig;1.234,50;01.07.2025 12:00;ja;0",
  "1.002;Ölke;-;01.01.2025 00:00;nein;0",
  "1.003;„Zoë“;-12,00;26.10.2025 02:30;-;0",
];
const CANONICAL = [
  "nr,name,umsatz,am,ok,tel",
  "1001,Jörg Müßig,1234.50,2025-07-01T10:00:00Z,true,x",
  "1002,Ölke,,2024-12-31T23:00:00Z,false,x",
  "1003,„Zoë“,-12.00,2025-10-26T00:30:00Z,,x",
];

const fileOf = (
  rows: readonly string[],
  encoding: "windows-1252" | "utf-16le" = "windows-1252",
) => {
  const text = [HEADER, ...rows].map((line) => `${line}\r\n`).join("");
  return Uint8Array.from(encoded(text, encoding)).buffer;
};

/** At this level something has to be treated before anything is published. */
const privacy_rules = { tel: { strategy: "redact", text: "x" } };

const CONTRACT = { dataset: "kunden", contract_id: "c", retention_days: 365 };

const germanLake = async (reading: object | null = GERMAN): Promise<Lake> => {
  const lake = await newLake("gdpr");
  const about = { schema: SCHEMA, subject_column: "nr", contains_pii: true };
  await lake.done("/datasets", { name: "kunden", ...about });
  await lake.done("/contracts", { ...CONTRACT, reading, privacy_rules });
  return lake;
};

const about = (batch_id: string, more: object = {}) => ({
  ...{ dataset: "kunden", contract_id: "c", batch_id, file_url: `${batch_id}.csv` },
  ...more,
});

const settled = async (lake: Lake, { status }: { status: number }, batch_id: string) => {
  if (status !== 202) return;
  await inTheEnd(async () => {
    await lake.ring();
    const { body } = await lake.get(`/batches/${batch_id}`);
    expect(body).toMatchObject({ work: { state: "completed" } });
  });
};

/** Checks, anonymises and publishes the batch, and reads what is published as CSV. */
const publishedLines = async (lake: Lake, batch_id: string): Promise<readonly string[]> => {
  for (const step of ["/run-dq", "/run-privacy", "/publish-batch"]) {
    await settled(lake, await lake.done(step, { batch_id }), batch_id);
  }
  return consumedLines(lake, batch_id);
};

const consumedLines = async (lake: Lake, batch_id: string): Promise<readonly string[]> => {
  const consumed = await lake.done("/consume-batch", { batch_id, consumer: "x", format: "csv" });
  const key = new URL(consumed.text("download_url")).pathname.split(`${env.OBJECTS_BUCKET}/`)[1];
  const text = (await (await env.OBJECTS.get(key ?? ""))?.text()) ?? "";
  return text.trimEnd().split("\n");
};

const rawBytes = async (lake: Lake, batch_id: string): Promise<ArrayBuffer | undefined> => {
  const key = (await lake.keys()).find(
    (each) => each.includes(`/batches/${batch_id}/`) && each.endsWith(".csv"),
  );
  return (await env.OBJECTS.get(key ?? ""))?.arrayBuffer();
};

describe("a contract that says how its files are read", () => {
  test("takes a German file as it is, publishes what it says and shows how it was read", async () => {
    const lake = await germanLake();
    expect((await lake.get("/contracts/c")).body).toMatchObject({ reading: GERMAN });
    await lake.land("b.csv", fileOf(ROWS));
    const appended = await lake.done("/append-batch", about("b"));
    expect(appended.at("batch")).toMatchObject({ rows: 3, delimiter: ";", reading: KEPT });
    expect(await rawBytes(lake, "b")).toEqual(fileOf(ROWS));
    expect(await publishedLines(lake, "b")).toEqual(CANONICAL);
    const events = await lake.events();
    const told = events.find(({ type }) => type === "DataAppended");
    expect(told?.data).toMatchObject({ object: { delimiter: ";", reading: KEPT } });
  });

  test("is asked no more about a batch that came before it changed, in a replay either", async () => {
    const lake = await germanLake();
    await lake.land("b.csv", fileOf(ROWS));
    await lake.done("/append-batch", about("b"));
    await publishedLines(lake, "b");
    const changed = { ...CONTRACT, privacy_rules };
    expect((await lake.put("/contracts/c", changed)).status).toBe(200);
    expect((await lake.get("/contracts/c")).body).not.toHaveProperty("reading");
    const replay = await lake.done("/replay", { dataset: "kunden" });
    expect(replay.at("replay")).toMatchObject({ status: "completed", rows: 3 });
    expect(await consumedLines(lake, "b")).toEqual(CANONICAL);
    // A file that comes now is read as the contract says now.
    await lake.land("late.csv", fileOf(ROWS));
    expect((await lake.post("/append-batch", about("late"))).status).toBe(422);
  });

  test("is asked by every segment of a large file, in UTF-16 too", async () => {
    const lake = await germanLake();
    const rows = Array.from({ length: 200 }, (_, n) => ROWS[n % 3] ?? "");
    for (const encoding of ["windows-1252", "utf-16le"] as const) {
      await lake.land(`${encoding}.csv`, fileOf(rows, encoding));
      const appended = await lake.done("/append-batch", about(encoding, { reading: { encoding } }));
      expect(appended.status).toBe(202);
      await settled(lake, appended, encoding);
      const batch = await lake.get(`/batches/${encoding}`);
      const reading = { ...KEPT, encoding };
      expect(batch.body).toMatchObject({ state: "appended", rows: 200, reading });
      expect(Number(batch.at("work", "segments", "total"))).toBeGreaterThan(1);
      const [header, ...lines] = await publishedLines(lake, encoding);
      expect(header).toBe(CANONICAL[0]);
      expect(lines).toEqual(rows.map((_, n) => CANONICAL[1 + (n % 3)]));
    }
  }, 120_000);
});

describe("a person in such a file", () => {
  test("is found by their number however it is written there, and their rows alone are erased", async () => {
    const lake = await germanLake();
    await lake.land("b.csv", fileOf(ROWS));
    await lake.done("/append-batch", about("b"));
    // What is read of it stays the same when the contract says otherwise.
    expect((await lake.put("/contracts/c", { ...CONTRACT, privacy_rules })).status).toBe(200);
    await forget(lake, "1002");
    expect(await rawBytes(lake, "b")).toEqual(fileOf(ROWS.filter((row) => !row.includes("1.002"))));
    const left = CANONICAL.filter((line) => !line.startsWith("1002"));
    expect(await publishedLines(lake, "b")).toEqual(left);
  });

  test("is forgotten in a file that never fitted", async () => {
    const lake = await germanLake();
    await lake.land("b.csv", fileOf([...ROWS, "1.004;x;1.5;01.01.2025;wahr;0"]));
    expect((await lake.post("/append-batch", about("b"))).status).toBe(422);
    await forget(lake, "1001");
    expect(await rawBytes(lake, "b")).toEqual(
      fileOf([...ROWS.slice(1), "1.004;x;1.5;01.01.2025;wahr;0"]),
    );
  });

  test("has a name of letters that are other bytes in the file's encoding", async () => {
    const lake = await peopleLake({ reading: { encoding: "windows-1252" } });
    const csv = (...rows: readonly string[]) =>
      Uint8Array.from(encoded(`id,person,amount\n${rows.join("")}`, "windows-1252")).buffer;
    const [jörg, otto] = ["1,Jörg,10\n", "2,otto,20\n"];
    expect((await appendPeople(lake, "b", csv(jörg, otto))).status).toBe(201);
    await forget(lake, "Jörg");
    expect(await rawBytes(lake, "b")).toEqual(csv(otto));
    expect(await holding(lake, "J\u00f6rg")).toEqual([]);
  });
});

describe("an append that says how its file is read", () => {
  test("says it instead of its contract, and a corrected reading takes the place of a wrong one", async () => {
    const lake = await germanLake(null);
    const text = `${HEADER}\n${ROWS[0]}\n`;
    await lake.land("b.csv", text);
    const refused = await lake.post("/append-batch", about("b"));
    expect(refused.status).toBe(422);
    const messages = refused.at("errors") as readonly { message: string }[];
    expect(messages.map(({ message }) => message).join("\n")).toContain(
      'hint: "reading": {"decimal_separator":",","thousands_separator":"."}',
    );
    expect(refused.text("detail") + JSON.stringify(messages)).not.toMatch(/1\.001|234,50|Jörg/);
    // The same upload again: its bytes are what they are.
    const { encoding: __, ...reading } = GERMAN;
    const again = await lake.done("/append-batch", about("b", { reading }));
    expect(again.at("batch")).toMatchObject({ state: "appended", rows: 1, revision: 2 });
    expect(await publishedLines(lake, "b")).toEqual(CANONICAL.slice(0, 2));
  });

  test("is refused for other files than CSV, of which its contract says nothing either", async () => {
    const lake = await germanLake();
    const line =
      '{"nr":1,"name":"-","umsatz":"1.5","am":"2025-07-01T10:00Z","ok":true,"tel":"0"}\n';
    await lake.land("b.jsonl", line);
    const jsonl = about("b", { file_url: "b.jsonl" });
    const refused = await lake.post("/append-batch", { ...jsonl, reading: { trim: true } });
    expect(refused.body).toMatchObject({ status: 422, code: "reading-without-csv" });
    const appended = await lake.done("/append-batch", jsonl);
    expect(appended.at("batch")).toMatchObject({ rows: 1 });
    expect(appended.at("batch", "reading")).toBeUndefined();
  });

  test("is refused when it does not go together with its contract, before a byte is read", async () => {
    const lake = await germanLake();
    const refused = await lake.post(
      "/append-batch",
      about("b", { reading: { decimal_separator: "." } }),
    );
    expect(refused.body).toMatchObject({ status: 422, code: "invalid-reading" });
    expect(refused.text("errors", 0, "path")).toBe("reading.thousands_separator");
  });
});
