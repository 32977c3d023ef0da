/** What a privacy officer and an auditor do in the web console, in a real browser, to its end. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Server, startServer } from "../../scripts/support/server.ts";
import { chromiumPath, launchBrowser } from "../support/browser.ts";
import { accessFaults } from "../support/pageFaults.ts";
import { type Fields, personsLake, post } from "../support/personsLake.ts";

const DAY_MS = 86_400_000;

describe.skipIf(chromiumPath === null)("the console, for whoever answers persons", () => {
  let directory: string;
  let server: Server;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  const lake = () => `${server.url}/lakes/people`;

  const get = async (route: string): Promise<Fields> =>
    (await (await fetch(`${lake()}${route}`)).json()) as Fields;

  const itemsOf = async (route: string) => (await get(route)).items as readonly Fields[];

  const request = async (subject_id: string, days: number): Promise<string> => {
    const received_at = new Date(Date.now() - days * DAY_MS).toISOString();
    const asked = { subject_id, reason: "please", requested_by: "petra", received_at };
    const { deletion } = await post(`${lake()}/deletions`, asked);
    return String((deletion as Fields).deletion_id);
  };

  const open = async (at: string) => {
    await page.goto(`${server.url}/console${at}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
  };

  const button = (name: string | RegExp) => page.getByRole("button", { name });
  const dialog = () => page.getByRole("dialog");

  beforeAll(async () => {
    directory = await mkdtemp(path.join(tmpdir(), "lethe-console-privacy-"));
    [server, browser] = await Promise.all([
      startServer({ persistTo: path.join(directory, "state") }),
      launchBrowser(),
    ]);
    await personsLake(server.url);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  beforeEach(async () => {
    context = await browser.newContext({ timezoneId: "Europe/Berlin" });
    page = await context.newPage();
    complaints = [];
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      const refused = message.text().startsWith("Failed to load resource: the server responded");
      if (message.type() === "error" && !refused) complaints.push(message.text());
    });
  });

  afterEach(async () => {
    await context.close();
    expect(complaints).toEqual([]);
  });

  test("records a request, whose deadline is computed while it is typed", async () => {
    await open("/lakes/people/new-deletion");
    await page.getByLabel("Received").fill("2026-01-31T12:00");
    await page.getByText(/the next working day, Monday 2 March 2026/).waitFor();
    await page.getByLabel("Received").fill("");
    await button("Record it").click();
    await page
      .getByRole("alert")
      .getByText(/^The body is not valid/)
      .waitFor();
    await page.getByLabel("Who asks, by their id").fill("otto");
    await page.getByLabel("Reason").fill("asked by letter");
    await button("Record it").click();
    await page.getByText("sealed", { exact: true }).first().waitFor();
    const [recorded] = await itemsOf("/deletions");
    expect(new URL(page.url()).pathname).toBe(
      `/console/lakes/people/deletions/${recorded?.deletion_id}`,
    );
    expect(await page.content()).not.toContain("otto");
  });

  test("puts what is due first at the top, and says what is overdue", async () => {
    const late = await request("mia", 40);
    await open("/lakes/people/deletions");
    const rows = page.getByRole("row");
    await rows.nth(2).waitFor();
    expect(await rows.nth(1).textContent()).toContain(late.slice(0, 8));
    expect(await rows.nth(1).textContent()).toMatch(/overdue, due \d+ days ago/);
    await page.getByRole("link", { name: "overdue", exact: true }).click();
    await page.getByText("1 request", { exact: true }).waitFor();
  });

  test("holds a request on a ground, releases it, and rejects it with the remedies", async () => {
    const id = await request("kurt", 3);
    await open(`/lakes/people/deletions/${id}`);
    await button("Put on hold…").click();
    await dialog().getByLabel("Reason").fill("a court case");
    await dialog().getByLabel("Ground in law").selectOption("Art. 17(3)(e)");
    await dialog()
      .getByLabel(/^Until/)
      .fill("2020-01-01T00:00");
    await dialog().getByRole("button", { name: "Put on hold" }).click();
    await dialog().getByRole("alert").waitFor();
    await dialog()
      .getByLabel(/^Until/)
      .fill("");
    await dialog().getByRole("button", { name: "Put on hold" }).click();
    await page.getByText("somebody ends it").waitFor();
    expect(await get(`/deletions/${id}`)).toMatchObject({
      status: "held",
      ground: "Art. 17(3)(e)",
    });
    await button("End the hold…").click();
    await dialog().getByLabel("Reason").fill("it was settled");
    await dialog().getByRole("button", { name: "End the hold" }).click();
    await button("Reject…").click();
    await dialog().getByLabel("Reason").fill("asked every day");
    await dialog().getByLabel("Ground in law").selectOption("Art. 12(5)");
    await dialog().getByRole("button", { name: "Reject" }).click();
    await page.getByText(/^A complaint to a supervisory authority/).waitFor();
    await page.getByRole("link", { name: "Rejected on Art. 12(5)" }).waitFor();
    expect(await button("Carry it out…").count()).toBe(0);
  });

  test("reveals who asks only on record, erases them, and shows the certificate proven", async () => {
    const id = await request("jane", 2);
    await open(`/lakes/people/deletions/${id}`);
    await button("Reveal…").click();
    const before = (await itemsOf("/access-log")).length;
    await button("Record it and reveal").click();
    await page.getByText("jane", { exact: true }).waitFor();
    const seen = (await itemsOf("/access-log")).slice(before);
    expect(seen).toMatchObject([{ object: `deletion/${id}`, action: "read" }]);
    await button("Hide it again").click();
    expect(await page.content()).not.toContain("jane");

    await button("Carry it out…").click();
    await dialog().getByText("Nobody can undo that").waitFor();
    await button("Erase for good").click();
    await page.getByRole("link", { name: "Erased: 2 rows removed" }).waitFor();
    await page.getByRole("cell", { name: "=alice" }).waitFor();
    await page.getByRole("link", { name: "The certificate" }).click();
    await page.getByText("stands in the lake's signed log").waitFor();
    expect(await page.locator(".proof li.held").count()).toBe(10);
    const said = page.getByText(/^yes: it was due/);
    const { deadline } = await get(`/deletions/${id}`);
    expect(await said.textContent()).toContain(String(deadline).slice(0, 10));
    const coming = page.waitForEvent("download");
    await button("Download as JSON").click();
    const file = JSON.parse(await readFile(await (await coming).path(), "utf8")) as Fields;
    const { certificate } = await get(`/deletions/${id}/certificate`);
    expect(file.certificate).toEqual(certificate);
    await page.emulateMedia({ media: "print" });
    expect(await page.getByRole("navigation").isVisible()).toBe(false);
    expect(await page.getByText("What was erased").isVisible()).toBe(true);
  });

  test("catches a certificate that says something else than the log", async () => {
    const [erased] = await itemsOf("/deletions?status=completed");
    await page.route("**/certificate", async (route) => {
      if (route.request().resourceType() === "document") return route.continue();
      const response = await route.fetch();
      const body = (await response.json()) as { certificate: { facts: Fields } };
      body.certificate.facts.rows_removed = 1;
      return route.fulfill({ response, json: body });
    });
    await open(`/lakes/people/deletions/${erased?.deletion_id}/certificate`);
    await page.getByText("This certificate does not hold").waitFor();
    const failed = page.locator(".proof li.failed strong");
    expect(await failed.allTextContents()).toEqual(["The words", "The event"]);
  });

  test("checks a certificate that was kept as a file, and takes no other file for one", async () => {
    const [erased] = await itemsOf("/deletions?status=completed");
    const kept = await get(`/deletions/${erased?.deletion_id}/certificate`);
    const choose = (text: string) =>
      page.getByLabel("The certificate").setInputFiles({
        name: "kept.json",
        mimeType: "application/json",
        buffer: Buffer.from(text),
      });
    await open("/lakes/people/certificate");
    await choose(JSON.stringify(kept));
    await page.getByText("stands in the lake's signed log").waitFor();
    await choose(JSON.stringify({ ...kept, leaf: "" }));
    await page.getByText("does not hold for this lake").waitFor();
    await choose("{}");
    await page.getByText("It is no certificate of an erasure.").waitFor();
    await choose("not JSON");
    await page.getByRole("alert").getByText("The file is not JSON").waitFor();
  });

  test("hands out what is held about a person when asked to, and not by being looked at", async () => {
    await open("/lakes/people/new-subject-access");
    await page.getByLabel("Who asks, by their id").fill("john");
    await button("Record it and collect").click();
    await page.getByText("ready, not handed out").waitFor();
    const handed = async () => (await itemsOf("/subject-access"))[0]?.handed_out_at;
    expect(await handed()).toBeNull();
    await button("Hand the file out…").click();
    await dialog().getByText("counts as answered").waitFor();
    await dialog().getByRole("button", { name: "Hand it out" }).click();
    const link = page.getByRole("link", { name: "Download the file" });
    const text = await (await fetch((await link.getAttribute("href")) ?? "")).text();
    expect(text).toContain('"record":{"id":"john"');
    expect(await handed()).not.toBeNull();
    await page.getByText("handed out", { exact: true }).waitFor();
  });

  test("counts deadlines for anybody, and says in Lethe's words what it cannot count", async () => {
    await open("/deadlines");
    await page.getByLabel("Received on").fill("2026-01-31");
    await page.getByLabel(/^Country/).fill("de");
    await page.getByText(/Monday 2 March 2026/).waitFor();
    await page.getByLabel(/^Time zone/).fill("Mars/Olympus");
    await page
      .getByRole("alert")
      .getByText(/time_zone/)
      .waitFor();
  });

  test("shows who read what and why, and gives it as a file that is no formula", async () => {
    await open("/lakes/people/access-log");
    await page.getByLabel(/^Who/).fill("=alice");
    await button("Filter").click();
    await page.getByText("1 access", { exact: true }).waitFor();
    const coming = page.waitForEvent("download");
    await button("Download as CSV").click();
    const [head, row] = (await readFile(await (await coming).path(), "utf8")).split("\r\n");
    expect(head).toBe("\ufeffseq,at,accessor_id,actor,action,dataset_id,object,purpose");
    expect(row).toMatch(/^\d+,2\S+Z,'=alice,local,read,people,,"to see, and count"$/);
  });

  test("tells an auditor why what they may not do is not offered", async () => {
    const expires_at = new Date(Date.now() + DAY_MS).toISOString();
    const issued = await post(`${lake()}/tokens`, {
      name: "audit",
      roles: ["auditor"],
      expires_at,
    });
    const [pending] = await itemsOf("/deletions?status=pending");
    await open("/lakes/people/deletions");
    await page.evaluate(`sessionStorage.setItem("lethe.token", "${issued.secret}")`);
    await open(`/lakes/people/deletions/${pending?.deletion_id}`);
    await page.getByText(/^Only a lake's owner or privacy officer decides on requests/).waitFor();
    expect(await button("Carry it out…").count()).toBe(0);
    await page.getByText(/^Only a lake's owner or privacy officer reveals who asks/).waitFor();
    expect(await button("Reveal…").count()).toBe(0);
    const [access] = await itemsOf("/subject-access");
    await open(`/lakes/people/subject-access/${access?.subject_access_id}`);
    await page
      .getByRole("alert")
      .getByText(/auditor/)
      .waitFor();
  });

  test("raises the level of a lake when that was confirmed, and offers no way back", async () => {
    await open("/lakes/people/compliance");
    await button("Raise to strict…").click();
    await dialog().getByText("never lowered").waitFor();
    await dialog().getByRole("button", { name: "Raise to strict" }).click();
    await page.getByText("It is the highest there is.").waitFor();
    expect(await button(/^Raise to/).count()).toBe(0);
    expect(await get("")).toMatchObject({ compliance_level: "strict" });
  });

  test("can be read without seeing it, on a phone too", async () => {
    await page.setViewportSize({ width: 390, height: 800 });
    const [rejected] = await itemsOf("/deletions?status=rejected");
    const [completed] = await itemsOf("/deletions?status=completed");
    const [access] = await itemsOf("/subject-access");
    for (const at of [
      "/deadlines",
      "/lakes/people/deletions",
      "/lakes/people/deletions?status=all",
      "/lakes/people/new-deletion",
      `/lakes/people/deletions/${rejected?.deletion_id}`,
      `/lakes/people/deletions/${completed?.deletion_id}/certificate`,
      "/lakes/people/subject-access",
      "/lakes/people/new-subject-access",
      `/lakes/people/subject-access/${access?.subject_access_id}`,
      "/lakes/people/access-log",
      "/lakes/people/certificate",
      "/lakes/people/compliance",
    ]) {
      await open(at);
      await expect.poll(() => page.locator(".waiting").count(), { timeout: 10_000 }).toBe(0);
      expect(await accessFaults(page), at).toEqual([]);
    }
  });
});
