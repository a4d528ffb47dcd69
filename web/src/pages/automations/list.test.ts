import { describe, expect, it } from "vitest";

import { countsOf, figuresOf, lastRunOf, MOST_BUSY, newestOf, sorted } from "./figures";
import { askedFor, type Filters, isFiltered, NO_FILTERS, readFilters, writeFilters } from "./filters";
import { afterAction, type AutomationRow, stateOf, switchAction } from "@/session/automationState";

const row = (given: Partial<AutomationRow>) => ({ id: "a", name: "A", status: "active", enabled: true, last_executed_at: null, ...given }) as AutomationRow;
const overview = (...busiest: [id: string, runs: number, failed: number][]) =>
  ({ automations: { busiest: busiest.map(([id, runs, failed]) => ({ id, name: id, runs, failed })) } }) as Parameters<typeof figuresOf>[0];

describe("filters", () => {
  it("stand in the address and come out of it", () => {
    const filters: Filters = { search: "quiet leads", state: "off", trigger: "event", sort: "runs" };
    expect(readFilters(writeFilters(filters))).toEqual(filters);
    expect(writeFilters(NO_FILTERS).toString()).toBe("");
    expect(readFilters(new URLSearchParams("status=odd&sort=x"))).toEqual(NO_FILTERS);
  });

  it("are columns for the server", () => {
    expect(askedFor({ ...NO_FILTERS, state: "live", search: " x " })).toEqual({ search: "x", status: "active", enabled: true });
    expect(askedFor({ ...NO_FILTERS, state: "draft", trigger: "ai_tool" })).toEqual({ status: "draft", trigger_type: "ai_tool" });
    expect(isFiltered({ ...NO_FILTERS, sort: "name" })).toBe(false);
    expect(isFiltered({ ...NO_FILTERS, search: " x" })).toBe(true);
  });
});

describe("the switch", () => {
  it.each([
    ["active", true, "live", "disable", "off"],
    ["active", false, "off", "enable", "live"],
    ["paused", true, "paused", "resume", "live"],
    ["error", true, "error", "resume", "live"],
  ] as const)("of %s, %s", (status, enabled, state, action, after) => {
    expect(stateOf({ status, enabled })).toBe(state);
    expect(switchAction(state)).toBe(action);
    expect(stateOf(afterAction(row({ status, enabled }), action))).toBe(after);
  });

  it("of a draft does nothing", () => expect(switchAction(stateOf({ status: "draft", enabled: false }))).toBeNull());
});

describe("figures", () => {
  it("are none for who is not among the busiest, and unknown where there are more", () => {
    expect(figuresOf(overview(["a", 3, 1]), "a")).toMatchObject({ runs: 3, failed: 1 });
    expect(figuresOf(overview(["a", 3, 1]), "b")).toEqual({ runs: 0, failed: 0 });
    const many = Array.from({ length: MOST_BUSY }, (_, index): [string, number, number] => [String(index), 1, 0]);
    expect(figuresOf(overview(...many), "b")).toBeNull();
    expect(figuresOf(undefined, "a")).toBeNull();
  });

  it("put rows in order", () => {
    const rows = [row({ id: "b", name: "b" }), row({ id: "a", name: "Ä", last_executed_at: "2026-01-01T00:00:00Z" }), row({ id: "c", name: "c" })];
    const ids = (sort: Filters["sort"]) => sorted(rows, sort, overview(["c", 9, 0], ["b", 2, 1])).map((one) => one.id);
    expect(ids("newest")).toEqual(["b", "a", "c"]);
    expect(ids("name")).toEqual(["a", "b", "c"]);
    expect(ids("last_run")).toEqual(["a", "b", "c"]);
    expect(ids("runs")).toEqual(["c", "b", "a"]);
    expect(ids("failures")).toEqual(["b", "a", "c"]);
  });
});

describe("the last run", () => {
  const ended = row({ last_executed_at: "2026-11-27T10:00:00Z", last_execution_status: "failed" });
  const open = (started_at: string, waiting: boolean) => ({ automation_id: "a", started_at, status: "running" as const, waiting });

  it("is one that waits, where that began later", () => {
    const runs = newestOf([open("2026-11-27T11:00:00Z", true), open("2026-11-27T09:00:00Z", false)]);
    expect(lastRunOf(ended, runs)).toEqual({ at: "2026-11-27T11:00:00Z", status: "waiting" });
    expect(lastRunOf(row({}), runs)).toEqual({ at: "2026-11-27T11:00:00Z", status: "waiting" });
  });

  it("is else the one that has ended", () => {
    expect(lastRunOf(ended, newestOf([open("2026-11-27T09:00:00Z", false)]))).toEqual({ at: "2026-11-27T10:00:00Z", status: "failed" });
    expect(lastRunOf(row({}), newestOf([]))).toEqual({ at: null, status: undefined });
  });
});

it("counts what is about to be deleted no more", () => {
  const rows = [row({ id: "a" }), row({ id: "b", status: "draft" }), row({ id: "c" })];
  const told = { automations: { total: 5, live: 4 } } as Parameters<typeof countsOf>[0];
  expect(countsOf(told, rows, new Set(["a", "b", "elsewhere"]))).toEqual({ total: 3, live: 3 });
});
