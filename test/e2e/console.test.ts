/** The web console in a real browser, against a started server: what a person sees and can do. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Server, startServer } from "../../scripts/support/server.ts";
import { chromiumPath, launchBrowser } from "../support/browser.ts";
import { accessFaults } from "../support/pageFaults.ts";

/** Two rows that keep every rule. */
const CSV = "id,amount\n1,1.50\n2,20.00\n";

/** Of every kind, and two that are of nothing. */
const PAGES = [
  "/console",
  "/console/new-lake",
  "/console/nowhere",
  "/console/lakes/north",
  "/console/lakes/north/datasets",
  "/console/lakes/north/datasets/sales",
  "/console/lakes/north/new-contract",
  "/console/lakes/north/contracts/contract1",
  "/console/lakes/north/contracts/contract1/change",
  "/console/lakes/north/new-batch",
  "/console/lakes/north/batches",
  "/console/lakes/north/batches/orders-1",
  "/console/lakes/north/events",
  "/console/lakes/north/events/1",
  "/console/lakes/nobody",
];

const TITLE = chromiumPath === null ? "the console, untried: no Chromium is here" : "the console";

describe.skipIf(chromiumPath === null)(TITLE, () => {
  let directory: string;
  let server: Server;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the browser complains of, CSP violations too. */
  let complaints: string[];

  const post = async (route: string, body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${server.url}/lakes/north${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.status, route).toBeLessThan(300);
    return (await response.json()) as Record<string, unknown>;
  };

  const open = async (at: string) => {
    await page.goto(`${server.url}${at}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  };

  const heading = (name: string) => page.getByRole("heading", { level: 1, name }).waitFor();

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-console-"));
    [server, browser] = await Promise.all([
      startServer({ persistTo: path.join(directory, "state") }),
      launchBrowser(),
    ]);
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    context = await browser.newContext();
    complaints = [];
    context.on("weberror", (error) => complaints.push(String(error.error())));
    context.on("console", (message) => {
      // A refusal is an answer: the browser notes each, and the page shows it.
      const refused = message.text().startsWith("Failed to load resource: the server responded");
      if (message.type() === "error" && !refused) complaints.push(message.text());
    });
    page = await context.newPage();
  });

  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  test("leads a newcomer from the root to the default lake, and shows its first event proven", async () => {
    await open("/");
    expect(new URL(page.url()).pathname).toBe("/console");
    await page.getByRole("link", { name: "Open the lake “default”" }).click();
    await heading("default");
    await page.getByText("Whoever is at this machine").waitFor();
    await page.getByText("may do everything").waitFor();
    await page.getByRole("navigation").getByRole("link", { name: "Events" }).click();
    await page.getByRole("link", { name: "DataLakeCreated" }).click();
    await page.getByText("exactly as it stands here").waitFor();
    const steps = page.locator(".proof li.held strong");
    expect(await steps.allTextContents()).toEqual(["The leaf", "The path", "The signature"]);
    await page.reload();
    await page.getByText("The log only grew").waitFor();
    expect(await page.locator(".proof li.held").count()).toBe(5);
  });

  test("takes a lake from the form, and says what is wrong with it in Lethe's words", async () => {
    await open("/console/new-lake");
    await page.getByLabel("Name").fill("Northern customers");
    await page.getByLabel(/^Id/).fill("-north");
    await page.getByRole("button", { name: "Create the lake" }).click();
    const alert = page.getByRole("alert");
    await alert.getByText(/^The body is not valid: lake_id: must be 1-128 of/).waitFor();
    const field = page.getByLabel(/^Id/);
    expect(await field.getAttribute("aria-invalid")).toBe("true");
    const described = (await field.getAttribute("aria-describedby")) ?? "";
    const fault = page.locator(`[id="${described.split(" ").at(-1)}"]`);
    expect(await fault.textContent()).toMatch(/^must be 1-128/);
    await field.fill("north");
    await page.getByRole("button", { name: "Create the lake" }).click();
    await heading("Northern customers");
    expect(new URL(page.url()).pathname).toBe("/console/lakes/north");
  });

  test("shows events as they come, without being asked again", async () => {
    await open("/console/lakes/north/events");
    await page.getByText("Live", { exact: true }).waitFor();
    await post("/datasets", { name: "sales", schema: { id: "int" }, contains_pii: false });
    await page.getByRole("link", { name: "DatasetRegistered" }).waitFor();
  });

  test("shows those that a filter lets through, the newest at the top", async () => {
    await open("/console/lakes/north/events?actor=local");
    const table = page.getByRole("table", { name: /^Events that the filter lets through/ });
    await table.getByRole("link").first().waitFor();
    const types = await table.getByRole("link").allTextContents();
    expect([types.at(0), types.at(-1)]).toEqual(["DatasetRegistered", "DataLakeCreated"]);
  });

  test("opens any address again as it is, and looks at things as they were", async () => {
    await open("/console/lakes/north/datasets/sales");
    await page.reload();
    await heading("sales");
    await open("/console/lakes/north/datasets/sales?at=2020-01-01T00:00:00.000Z");
    await page.getByRole("alert").getByText("There was no such dataset then.").waitFor();
    await page.getByRole("button", { name: "Back to now" }).click();
    await page.getByText("Version 1 of 1 is active.").waitFor();
    expect(new URL(page.url()).search).toBe("");
  });

  test("takes a dataset from its registration to a published batch that can be had", async () => {
    await open("/console/lakes/north/new-dataset");
    await page.getByLabel("Name", { exact: true }).fill("orders");
    for (const [at, [name, type]] of [
      ["id", "int"] as const,
      ["amount", "decimal"] as const,
    ].entries()) {
      if (at > 0) await page.getByRole("button", { name: "Add a column" }).click();
      await page.getByLabel("Column", { exact: true }).nth(at).fill(name);
      await page.getByLabel("Type").nth(at).selectOption(type);
    }
    await page.getByLabel("Personal data").selectOption("true");
    await page.getByRole("button", { name: "Register it" }).click();
    await heading("orders");

    await open("/console/lakes/north/new-contract?dataset=orders");
    await page.getByRole("button", { name: "Add a quality rule" }).click();
    await page.getByLabel("Column", { exact: true }).selectOption("amount");
    await page.getByLabel("Rule", { exact: true }).selectOption(">");
    await page.getByRole("button", { name: "Define the contract" }).click();
    await page.getByText(/^amount: > needs a value/).waitFor();
    await page.getByLabel("Value").fill("0");
    await page.getByRole("button", { name: "Add a privacy strategy" }).click();
    await page.getByLabel("Column", { exact: true }).nth(1).selectOption("id");
    await page.getByLabel("Strategy").selectOption("mask");
    await page.getByRole("button", { name: "Define the contract" }).click();
    await heading("contract1");
    await page.getByRole("button", { name: "Approve…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Approve" }).click();
    await page.getByText("approved", { exact: true }).waitFor();

    await open("/console/lakes/north/new-batch");
    const csv = { name: "Eva's orders.csv", mimeType: "text/csv", buffer: Buffer.from(CSV) };
    await page.getByLabel("File").setInputFiles(csv);
    await page.getByLabel("Batch", { exact: true }).fill("orders-1");
    await page.getByLabel("Contract", { exact: true }).selectOption("contract1");
    await page.getByRole("button", { name: "Upload and append" }).click();
    await heading("orders-1");
    await page.getByRole("button", { name: "Publish" }).click();
    await page
      .getByRole("alert")
      .getByText(/has quality rules that this batch has not passed/)
      .waitFor();
    await page.getByRole("button", { name: "Check quality" }).click();
    await page.getByText("2 of 2 rows passed").waitFor();
    await page.getByRole("button", { name: "Preview what anonymising does" }).click();
    await page.getByRole("heading", { name: "Preview" }).waitFor();
    expect(
      await page
        .getByRole("row", { name: /comes out as/ })
        .first()
        .textContent(),
    ).toBe("comes out as*1.50");
    await page.getByRole("button", { name: "Anonymise", exact: true }).click();
    await page.getByRole("heading", { name: "Privacy" }).waitFor();
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByLabel(/^Purpose/).fill("to see it");
    await page.getByLabel("Format").selectOption("csv");
    await page.getByRole("button", { name: "Get a link" }).click();
    const link = page.getByRole("link", { name: "Download orders-1" });
    const got = await fetch((await link.getAttribute("href")) ?? "");
    expect(await got.text()).toBe("id,amount\n*,1.50\n*,20.00\n");

    await open("/console/lakes/north/datasets/orders");
    await page.getByRole("button", { name: "Replay…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Replay" }).click();
    await page.getByText("Replay completed: 1 of 1 batches").waitFor();
  });

  test("fills in how a file is written by what its refusal hints at", async () => {
    await open("/console/lakes/north/new-batch");
    const buffer = Buffer.from("id;amount\n1;2,50\n2;30,00\n");
    const csv = { name: "german.csv", mimeType: "text/csv", buffer };
    await page.getByLabel("File").setInputFiles(csv);
    await page.getByLabel("Batch", { exact: true }).fill("orders-2");
    await page.getByLabel("Contract", { exact: true }).selectOption("contract1");
    await page.getByRole("button", { name: "Upload and append" }).click();
    await page.getByRole("button", { name: "Fill in what the refusal hints at" }).click();
    expect(await page.getByLabel("Decimals").inputValue()).toBe(",");
    await page.getByRole("button", { name: "Upload and append" }).click();
    await heading("orders-2");
    await page.getByText("appended", { exact: true }).first().waitFor();
  });

  test("is used by keyboard alone, and tells where one is", async () => {
    await open("/console/lakes/north");
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").textContent()).toContain("To the content");
    const focused = () => page.locator(":focus").textContent();
    for (let at = 0; at < 20 && (await focused()) !== "Datasets"; at += 1) {
      await page.keyboard.press("Tab");
    }
    await page.keyboard.press("Enter");
    await heading("Datasets");
    expect(await page.locator(":focus").textContent()).toBe("Datasets");
    expect(await page.title()).toBe("Datasets · Lethe");
  });

  test("keeps a token in the tab only when told to, and shows what is refused", async () => {
    await open("/console/lakes/north");
    const use = async (kept: boolean) => {
      await page.getByRole("button", { name: /token/ }).first().click();
      await page.getByLabel("Token").fill("Bearer not.a.token");
      await page.getByRole("checkbox").setChecked(kept);
      await page.getByRole("button", { name: "Use it" }).click();
      await page
        .getByRole("alert")
        .getByText(/^This token does not say who you are\./)
        .waitFor();
    };
    const stored = () => page.evaluate(() => Object.values({ ...sessionStorage }));
    await use(false);
    expect(await stored()).toEqual([]);
    await use(true);
    expect(await stored()).toEqual(["not.a.token"]);
    expect(page.url()).not.toContain("token");
  });

  test("can be read at every address without seeing it, on a phone too", async () => {
    const faults = await Promise.all(
      PAGES.map(async (at) => {
        const one = await context.newPage();
        await one.setViewportSize({ width: 390, height: 800 });
        await one.goto(`${server.url}${at}`);
        await one.getByRole("heading", { level: 1 }).waitFor();
        await expect.poll(() => one.locator(".waiting").count(), { timeout: 30_000 }).toBe(0);
        const found = await accessFaults(one);
        await one.close();
        return found.map((fault) => `${at}: ${fault}`);
      }),
    );
    expect(faults.flat()).toEqual([]);
  });
});
