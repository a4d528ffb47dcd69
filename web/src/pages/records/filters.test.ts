import { describe, expect, it } from "vitest";

import { type Filters, isFiltered, NO_FILTERS, readFilters, wordsOf, writeFilters } from "./filters";

describe("filters of records", () => {
  it("stand in the address and come out of it", () => {
    const filters: Filters = { search: "ada", stage: "new", status: "open" };
    expect(readFilters(writeFilters(filters))).toEqual(filters);
    expect([isFiltered(filters), isFiltered(NO_FILTERS), isFiltered({ ...NO_FILTERS, search: "  " })]).toEqual([true, false, false]);
  });

  it("offer each word once, and the one that is chosen", () => {
    expect(wordsOf(["new", null, "won", "new", "", undefined], "lost")).toEqual(["lost", "new", "won"]);
  });
});
