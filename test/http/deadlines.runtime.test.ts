import { describe, expect, test } from "vitest";
import { eventually, lakeOf, newLake, send, sendJson, typesOf } from "../support/lakeClient.ts";

const ask = (query: string) => send(`/deadlines?${query}`);

describe("GET /deadlines", () => {
  test("answers the three ends and why, by the country's clock and holidays", async () => {
    const answer = await ask("received_at=2026-01-31T10:00:00Z&country=DE");
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      received_at: "2026-01-31T10:00:00.000Z",
      country: "DE",
      time_zone: "Europe/Berlin",
      deadline: "2026-03-02T10:00:00.000Z",
      statutory_deadline: "2026-03-02T22:59:59.999Z",
      extended_deadline: "2026-04-30T21:59:59.999Z",
    });
    expect(answer.text("explanation")).toContain("Monday 2 March 2026");
  });

  test("takes a zone of one's own, an offset in the time, and a date alone", async () => {
    const zone = await ask("received_at=2026-11-25T10:00:00%2B01:00&time_zone=America/New_York");
    expect(zone.body).toMatchObject({
      country: null,
      time_zone: "America/New_York",
      received_at: "2026-11-25T09:00:00.000Z",
      statutory_deadline: "2026-12-26T04:59:59.999Z",
    });
    const date = await ask("received_at=2026-03-29&country=FR");
    expect(date.body).toMatchObject({
      received_at: "2026-03-28T23:00:00.000Z",
      statutory_deadline: "2026-04-29T21:59:59.999Z",
    });
  });

  test.each([
    // Clean Monday in Cyprus is a Monday, and the day after it a working day.
    ["2027-02-15", "CY", "2027-03-16T21:59:59.999Z", "2027-05-17T20:59:59.999Z"],
    ["2027-02-16", "CY", "2027-03-16T21:59:59.999Z", "2027-05-17T20:59:59.999Z"],
    // The day after Ascension is none that everybody has off in Liechtenstein.
    ["2026-02-15", "LI", "2026-03-16T22:59:59.999Z", "2026-05-15T21:59:59.999Z"],
    // The first day of the regulation, and the last of the calendars, are those of the place.
    ["2018-05-25", "DE", "2018-06-25T21:59:59.999Z", "2018-08-27T21:59:59.999Z"],
    ["2099-12-31T23:00:00-05:00", "US", "2100-02-02T04:59:59.999Z", "2100-04-01T03:59:59.999Z"],
  ])(
    "counts from %s in %s to %s, extended to %s",
    async (received_at, country, first, extended) => {
      const answer = await ask(`${new URLSearchParams({ received_at, country })}`);
      expect(answer.at("statutory_deadline")).toBe(first);
      expect(answer.at("extended_deadline")).toBe(extended);
    },
  );

  test.each(["2018-05-24T23:59:59%2B02:00", "2018-05-24"])(
    "refuses %s, a day before the regulation applied, and says by whose days",
    async (received_at) => {
      const answer = await ask(`received_at=${received_at}&country=DE`);
      expect(answer.at("errors", 0)).toEqual({
        path: "received_at",
        message: "must lie between 2018-05-25 and 2099-12-31 in Europe/Berlin",
      });
    },
  );

  test("names the code of the United Kingdom to those who take another for it", async () => {
    const answer = await ask("received_at=2026-06-01&country=UK");
    expect(answer.status).toBe(422);
    expect(answer.at("errors", 0, "message")).toMatch(/such as DE; the United Kingdom's is GB$/);
    const right = await ask("received_at=2026-06-01&country=GB");
    expect(right.at("statutory_deadline")).toBe("2026-07-01T22:59:59.999Z");
  });

  test.each([
    ["received_at=2026-01-31T10:00:00Z&country=XX", "country"],
    ["received_at=2026-01-31T10:00:00Z&country=EU", "country"],
    ["received_at=2026-01-31T10:00:00Z&country=Germany", "country"],
    ["received_at=2026-01-31T10:00:00Z&country=de", "country"],
    ["received_at=2026-01-31T10:00:00Z&time_zone=Mars/Olympus", "time_zone"],
    ["received_at=2026-02-30&country=DE", "received_at"],
    ["received_at=yesterday", "received_at"],
    ["received_at=0000-01-01&country=DE", "received_at"],
    ["received_at=9999-12-31&country=US", "received_at"],
    ["received_at=9999-12-31T23:59:59-01:00", "received_at"],
    ["received_at=2018-05-24T12:00:00Z", "received_at"],
    ["received_at=2100-01-01T12:00:00Z", "received_at"],
    ["country=DE", "received_at"],
  ])("refuses %s", async (query, path) => {
    const answer = await ask(query);
    expect(answer.status).toBe(422);
    expect(answer.at("errors", 0, "path")).toBe(path);
  });
});

describe("a lake", () => {
  const lakeIn = async (place: object) => {
    const lake = lakeOf(`lake-${crypto.randomUUID()}`);
    const body = { lake_id: lake.id, name: "L", region: "eu", compliance_level: "gdpr", ...place };
    expect((await sendJson("POST", "/lakes", body)).status).toBe(201);
    return lake;
  };
  const request = { subject_id: "s", reason: "please", requested_by: "petra" };
  const received_at = "2026-01-31T10:00:00Z";

  test.each([
    [{ country: "DE" }, "2026-03-02T22:59:59.999Z", "2026-04-30T21:59:59.999Z"],
    [
      { country: "PT", time_zone: "Atlantic/Azores" },
      "2026-03-03T00:59:59.999Z",
      "2026-04-30T23:59:59.999Z",
    ],
    [{ time_zone: "Europe/Helsinki" }, "2026-03-02T21:59:59.999Z", "2026-04-30T20:59:59.999Z"],
    [{}, "2026-03-02T23:59:59.999Z", "2026-04-30T23:59:59.999Z"],
  ])("in %j keeps its own calendar, also for what is extended", async (place, first, extended) => {
    const lake = await lakeIn(place);
    const late = await lake.done("/deletions", { ...request, received_at });
    expect(late.at("deletion", "statutory_deadline")).toBe(first);
    // The first month is over: only one that came in now can be extended.
    const { body } = await ask(
      `received_at=${new Date().toISOString()}&${new URLSearchParams(place as Record<string, string>)}`,
    );
    const { statutory_deadline, extended_deadline } = body as Record<string, string>;
    const fresh = await lake.done("/deletions", { ...request, subject_id: "t" });
    expect(fresh.at("deletion", "statutory_deadline")).toBe(statutory_deadline);
    const id = fresh.text("deletion", "deletion_id");
    const moved = await lake.done(`/deletions/${id}/extend`, { reason: "many systems" });
    expect(moved.at("deletion", "statutory_deadline")).toBe(extended_deadline);
    const then = await ask(
      `received_at=${received_at}&${new URLSearchParams(place as Record<string, string>)}`,
    );
    expect(then.at("extended_deadline")).toBe(extended);
  });
});

describe("POST /locality", () => {
  test("says of a lake that named none where its controller is", async () => {
    const lake = await newLake("gdpr");
    const seen = await lake.get("");
    expect(seen.body).toMatchObject({ country: null, time_zone: null });
    const etag = seen.headers.get("ETag") ?? "";
    const said = await lake.post("/locality", { country: "DE" }, { "If-Match": etag });
    expect(said.status, JSON.stringify(said.body)).toBe(200);
    expect(typesOf(said)).toEqual(["LakeLocalityChanged"]);
    expect(said.at("lake")).toMatchObject({ country: "DE", time_zone: null });
    expect((await lake.post("/locality", { country: "FR" }, { "If-Match": etag })).status).toBe(
      412,
    );
    const again = await lake.done("/locality", { country: "DE" });
    expect(again.at("message")).toBe("Nothing to do: it is so already.");
    await lake.done("/locality", { time_zone: "Europe/Berlin" });
    expect((await lake.get("")).body).toMatchObject({
      country: "DE",
      time_zone: "Europe/Berlin",
    });
    expect((await lake.get("?version=1")).body).toMatchObject({ country: null });
    await eventually(async () => {
      const listed = (await send("/lakes?limit=1000")).at("items") as { lake_id: string }[];
      expect(listed.find(({ lake_id }) => lake_id === lake.id)).toMatchObject({
        country: "DE",
        time_zone: "Europe/Berlin",
      });
    });
  });
});
