/** The console's pages for analysts, owners, auditors and administrators, in a real browser. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Server, startServer } from "../../scripts/support/server.ts";
import { chromiumPath, launchBrowser } from "../support/browser.ts";
import { accessFaults } from "../support/pageFaults.ts";

const CSV = "id,amount\n1,1.50\n2,20.00\n";
/** What is found out in the background is looked for so long. */
const PATIENCE_MS = 30_000;

describe.skipIf(chromiumPath === null)("the console for those who use and run a lake", () => {
  let directory: string;
  let server: Server;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What the browser complains of, CSP violations too. */
  let complaints: string[];

  const post = async (route: string, body: unknown, lake = "/lakes/north") => {
    const response = await fetch(`${server.url}${lake}${route}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(response.status, route).toBeLessThan(300);
    return (await response.json()) as Record<string, unknown>;
  };

  const publish = async (batch_id: string) => {
    const upload = await post("/datasets/orders/upload-url", { filename: `${batch_id}.csv` });
    await fetch(String(upload.upload_url), { method: "PUT", body: CSV });
    const { file_url } = upload;
    await post("/append-batch", { dataset: "orders", contract_id: "c", batch_id, file_url });
    await post("/publish-batch", { batch_id });
  };

  const open = async (at: string) => {
    await page.goto(`${server.url}/console${at}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  };

  /** Opens a page again and again until it shows the text: reports follow a lake within moments. */
  const eventually = (at: string, text: RegExp) =>
    expect
      .poll(
        async () => {
          await open(at);
          await page.locator(".waiting").first().waitFor({ state: "detached" });
          return page.locator("main").innerText();
        },
        { timeout: PATIENCE_MS },
      )
      .toMatch(text);

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-console-"));
    [server, browser] = await Promise.all([
      startServer({ persistTo: path.join(directory, "state") }),
      launchBrowser(),
    ]);
    const lake = { lake_id: "north", name: "North", region: "eu", compliance_level: "gdpr" };
    await post("/lakes", lake, "");
    const schema = { id: "int", amount: "decimal" };
    await post("/datasets", { name: "orders", schema, contains_pii: false });
    await post("/contracts", { contract_id: "c", dataset: "orders", retention_days: 30 });
    await publish("orders-1");
    await publish("orders-2");
    await post("/deletions", { subject_id: "4711", reason: "by letter", requested_by: "desk" });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    context = await browser.newContext({ acceptDownloads: true });
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      // A refusal is an answer: the browser notes each, and the page shows it.
      const refused = message.text().startsWith("Failed to load resource: the server responded");
      if (message.type() === "error" && !refused) complaints.push(message.text());
    });
  });

  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  test("hands a dataset out to an analyst, with the purpose on record and lines to read it by", async () => {
    await open("/lakes/north/consume");
    await page.getByRole("link", { name: "orders", exact: true }).click();
    await page.getByLabel(/^Purpose/).fill("quarterly figures");
    await page.getByLabel("Format").selectOption("csv");
    await page.getByRole("button", { name: "Get links" }).click();
    await page.getByText(/^2 files handed out, and that is on record/).waitFor();
    const link = page.getByRole("link", { name: "Download orders-1" });
    const got = await fetch((await link.getAttribute("href")) ?? "");
    expect(await got.text()).toBe(CSV);
    expect(await page.getByText(/^FROM read_csv\(\['http/).count()).toBe(1);
    const log = await fetch(`${server.url}/lakes/north/access-log`);
    expect(JSON.stringify(await log.json())).toContain("quarterly figures");

    await page.getByRole("button", { name: "What has changed since?" }).click();
    await page
      .getByText(/^Unchanged since then, and not given again: orders-1, orders-2/)
      .waitFor();
    await page.getByRole("link", { name: "Only this batch" }).last().click();
    await page.getByRole("button", { name: "Get links" }).click();
    await page.getByRole("link", { name: "Download orders-2" }).waitFor();
  });

  test("gives and takes roles, and shows a token once", async () => {
    await open("/lakes/north/members");
    await page.getByRole("textbox", { name: "Who" }).fill("zoe@example.com");
    await page.getByLabel("Analyst").check();
    await page.getByRole("button", { name: "Give these roles" }).click();
    await page
      .getByText("must be opaque: an e-mail address names a person in clear")
      .nth(1)
      .waitFor();
    await page.getByRole("textbox", { name: "Who" }).fill("248289761001");
    await page.getByRole("button", { name: "Give these roles" }).click();
    await page.getByRole("cell", { name: "248289761001", exact: true }).waitFor();
    await page.getByRole("button", { name: "Take all roles from 248289761001" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Take all roles" }).click();
    await page.getByText("Nobody is a member of this lake yet.").waitFor();

    await open("/lakes/north/tokens");
    await page.getByLabel("Name").fill("nightly load");
    await page.getByLabel("Engineer").check();
    await page.getByRole("button", { name: "Issue a token" }).click();
    const token = (await page.locator(".shown-once pre").textContent()) ?? "";
    expect(token).toMatch(/^lethe_north_[0-9a-f]{80}$/);
    await page.getByRole("button", { name: "I have kept it" }).click();
    await page.getByText("nightly load", { exact: true }).waitFor();
    expect(await page.content()).not.toContain(token);
    await page.getByRole("button", { name: "Revoke nightly load" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke" }).click();
    await page.getByText("No machine has a token.").waitFor();
  });

  test("tells whoever may not do something why, in Lethe's words", async () => {
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const { secret } = await post("/tokens", { name: "probe", roles: ["analyst"], expires_at });
    await context.addInitScript(`sessionStorage.setItem("lethe.token", "${secret}")`);
    await open("/lakes/north/webhooks");
    await page.getByText("This takes one of these roles: owner. Yours here: analyst.").waitFor();
    await page.getByText(/^Only a lake's owner registers webhooks/).waitFor();
    expect(await page.getByLabel("URL").count()).toBe(0);
    await open("/lakes/north/consume/orders");
    await page.getByRole("button", { name: "Get links" }).click();
    await page.getByText(/^2 files handed out, and that is on record/).waitFor();
    await open("/operations");
    await page.getByText("An API token acts in its own lake, and nowhere else.").first().waitFor();
  });

  test("says that the log has only grown since the last visit, and when it is another", async () => {
    await open("/lakes/north/log");
    await page.getByText(/^The log is signed by the lake's key\. From now on/).waitFor();
    await page.getByRole("button", { name: "Keep a checkpoint now" }).click();
    await page.getByText(/^In the object store: lakes\/north\/checkpoints\//).waitFor();
    await post("/datasets", { name: "more", schema: { id: "int" }, contains_pii: false });
    await page.reload();
    await page
      .getByText(/^The log has only grown since your last visit: from \d+ events/)
      .waitFor();
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "Download the whole log" }).click();
    const lines = (await readFile(await (await saved).path(), "utf8")).trimEnd().split("\n");
    const size = await page.getByText("Events", { exact: true }).locator("+ dd").textContent();
    expect(String(lines.length)).toBe(size);

    await page.evaluate(`(() => {
      const memory = JSON.parse(localStorage.getItem("lethe.log.north"));
      const lines = memory.checkpoint.split("\\n");
      lines[2] = "A".repeat(43) + "=";
      memory.checkpoint = lines.join("\\n");
      localStorage.setItem("lethe.log.north", JSON.stringify(memory));
    })()`);
    await page.reload();
    await page.getByText(/^The log is not the one that it was/).waitFor();
    expect(await page.locator(".proof li.failed strong").allTextContents()).toEqual([
      "The log only grew",
    ]);
  });

  test("shows reports across lakes, and gives the month as a document", async () => {
    await eventually("/reports/deletions", /1 request open, none overdue\./);
    await eventually("/reports/access", /Day \(UTC\)[\s\S]*north\s+orders/);
    expect(await page.getByRole("img", { name: /accesses\. The most: / }).count()).toBe(1);
    await eventually("/reports/monthly", /1\s+erasures requested[\s\S]*orders\s+north/);
    const saved = page.waitForEvent("download");
    await page.getByRole("button", { name: "CSV" }).click();
    expect((await saved).suggestedFilename()).toMatch(/^lethe-monthly-\d{4}-\d\d\.csv$/);
    await page.getByRole("link", { name: "The month before" }).click();
    await page.getByText(/^0\s*erasures requested/).waitFor();
  });

  test("registers a webhook, shows what became of a notification, and sends it again", async () => {
    const told: (string | undefined)[] = [];
    const receiver = createServer((request, response) => {
      told.push(request.headers["webhook-id"]?.toString());
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
    const { port } = receiver.address() as AddressInfo;
    try {
      await open("/lakes/north/webhooks");
      await page.getByLabel("URL").fill(`http://127.0.0.1:${port}/lethe`);
      await page.getByLabel("Data published").check();
      await page.getByRole("button", { name: "Register it" }).click();
      await page.getByText(/^whsec_/).waitFor();
      await publish("orders-3");
      await page.getByRole("link", { name: `http://127.0.0.1:${port}/lethe` }).click();
      await expect
        .poll(
          async () => {
            await page.getByRole("button", { name: "Look again" }).click();
            return page.getByRole("row", { name: /data published/ }).allTextContents();
          },
          { timeout: PATIENCE_MS },
        )
        .toEqual([expect.stringMatching(/deliveredHTTP 204/)]);
      await page.getByRole("button", { name: /^Send again/ }).click();
      await expect.poll(() => told.length, { timeout: PATIENCE_MS }).toBe(2);
      expect(told[0]).toBe(told[1]);
      await page.getByRole("button", { name: "Remove this webhook" }).click();
      await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
      await page.getByText("Nobody is told anything yet.").waitFor();
    } finally {
      receiver.close();
    }
  });

  test("shows administrators what works, and that nothing is parked", async () => {
    await open("/operations");
    await page.getByText("Everything works that Lethe stands on.").waitFor();
    await page.locator("main").getByLabel("Lake").selectOption("north");
    await page.getByRole("button", { name: "Look", exact: true }).click();
    await page.getByText("Nothing is parked in north.").waitFor();
  });

  test.each([
    "/lakes/north/consume",
    "/lakes/north/consume/orders",
    "/lakes/north/members",
    "/lakes/north/tokens",
    "/lakes/north/webhooks",
    "/lakes/north/log",
    "/reports/deletions",
    "/reports/monthly",
    "/reports/access",
    "/operations?lake_id=north",
  ])("at %s can be read without seeing it, on a phone too", async (at) => {
    await page.setViewportSize({ width: 390, height: 800 });
    await open(at);
    await expect.poll(() => page.locator(".waiting").count(), { timeout: PATIENCE_MS }).toBe(0);
    expect(await accessFaults(page)).toEqual([]);
  });
});
