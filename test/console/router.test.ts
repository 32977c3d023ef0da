import { describe, expect, it } from "vitest";
import { find, match, placeOf, urlOf } from "../../src/console/client/router.ts";

describe("an address of the console", () => {
  it("names the lake, the page within it and what the page is asked", () => {
    expect(placeOf("/console/lakes/north/datasets/sales", "?at=2026-01-01")).toEqual({
      lake: "north",
      path: "/datasets/sales",
      query: { at: "2026-01-01" },
    });
    expect(placeOf("/console/lakes/north", "")).toEqual({ lake: "north", path: "/", query: {} });
  });

  it("names no lake on pages across lakes, with a slash at its end or not", () => {
    for (const path of ["/console", "/console/"]) {
      expect(placeOf(path, "")).toEqual({ lake: null, path: "/", query: {} });
    }
    expect(placeOf("/console/new-lake/", "").path).toBe("/new-lake");
  });

  it("is read back from the place it was made of, whatever the names", () => {
    for (const lake of ["north", "a.b-c_d", "with space", "ä/ö?"]) {
      const url = new URL(urlOf(lake, "/events", { stream: "batch/b & c" }), "http://x");
      expect(placeOf(url.pathname, url.search)).toEqual({
        lake,
        path: "/events",
        query: { stream: "batch/b & c" },
      });
    }
  });

  it("leaves out what is not set", () => {
    expect(urlOf("north", "/events", { type: "", actor: "ada" })).toBe(
      "/console/lakes/north/events?actor=ada",
    );
    expect(urlOf(null, "/")).toBe("/console");
  });

  it("that is no well-formed one is taken as it stands", () => {
    expect(placeOf("/console/lakes/%E0%A4%A/x", "").lake).toBe("%E0%A4%A");
  });
});

describe("a page's path", () => {
  it("fits addresses of as many parts, and takes from them what it names", () => {
    expect(match("/datasets/:name", "/datasets/sales%202024")).toEqual({ name: "sales 2024" });
    expect(match("/datasets/:name", "/datasets")).toBeNull();
    expect(match("/datasets/:name", "/datasets/a/b")).toBeNull();
    expect(match("/datasets/:name", "/contracts/a")).toBeNull();
    expect(match("/datasets/:name", "/datasets/")).toBeNull();
  });

  it("is found in the order in which pages are listed", () => {
    const pages = [{ path: "/batches/new" }, { path: "/batches/:id" }];
    expect(find(pages, "/batches/new")).toEqual({ page: pages[0], params: {} });
    expect(find(pages, "/batches/b1")).toEqual({ page: pages[1], params: { id: "b1" } });
    expect(find(pages, "/nowhere")).toBeNull();
  });
});
