import { describe, expect, it } from "vitest";

import { askedFor, type Filters, isFiltered, NO_FILTERS, readFilters, writeFilters } from "./filters";

const ID = "a3de3000-0000-4000-8000-000000000001";
const NOW = Date.parse("2026-11-26T12:00:30Z");

describe("filters of runs", () => {
  it("stand in the address and come out of it", () => {
    const filters: Filters = { status: "open", span: "week", automation: ID };
    expect(readFilters(writeFilters(filters))).toEqual(filters);
    expect(readFilters(new URLSearchParams("status=odd&time=1&automation=x"))).toEqual(NO_FILTERS);
    expect([isFiltered(filters), isFiltered(NO_FILTERS)]).toEqual([true, false]);
  });

  it("are what the server is asked for", () => {
    expect(askedFor(NO_FILTERS, NOW)).toEqual({});
    expect(askedFor({ status: "open", span: "hour", automation: ID }, NOW)).toEqual({
      status: ["pending", "running"],
      since: "2026-11-26T11:00:00.000Z",
      automation_id: ID,
    });
  });
});
