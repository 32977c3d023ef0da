/** A browser for end-to-end tests, where the machine has one: Debian's Chromium, or CHROMIUM_PATH. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  process.env.CHROMIUM_PATH,
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
];

/** Null where there is none. */
export const chromiumPath: string | null =
  PLACES.find((place) => place !== undefined && existsSync(place)) ?? null;

/** Nothing of the browser's own reaches for a network. */
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export const launchBrowser = (): Promise<Browser> => {
  if (chromiumPath === null) throw new Error("there is no Chromium here: CHROMIUM_PATH names one");
  return chromium.launch({ executablePath: chromiumPath, headless: true, args: QUIET });
};
