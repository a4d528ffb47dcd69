import { describe, expect, it } from "vitest";

import { ANY_FIGURE } from "./figures";
import { firstUnit, isSeconds, secondsInWords, spanFrom, spanMistake, spanOf } from "./spans";

it("says seconds in words where that is shorter", () => {
  expect([30, 60, 90, 3_600, 86_400, 604_800, 3_601].map(secondsInWords)).toEqual([null, "1 minute", "1.5 minutes", "1 hour", "1 day", "1 week", null]);
  expect(["timeout_seconds", "seconds", "secondary"].map(isSeconds)).toEqual([true, true, false]);
});

describe("a length of time in a form", () => {
  it("stores the unit that is shown", () => {
    const empty = spanOf(undefined, "minutes");
    expect(empty).toEqual({ amount: undefined, unit: "minutes" });
    expect(spanFrom({ ...empty, amount: 30 })).toEqual({ amount: 30, unit: "minutes" });
    expect(spanOf({ amount: 2, unit: "days" }, "minutes")).toEqual({ amount: 2, unit: "days" });
    // The default of the server holds where none is stored.
    expect(spanOf({ amount: 2 }, "minutes")).toEqual({ amount: 2, unit: "minutes" });
    expect(spanFrom({ amount: undefined, unit: "days" })).toBeUndefined();
  });

  it("begins with hours, where there are some", () => {
    expect(firstUnit(["seconds", "minutes", "hours"], "minutes")).toBe("hours");
    expect(firstUnit(["days", "weeks"], "days")).toBe("days");
  });

  it("says how long it may be, in its own unit", () => {
    const rule = { ...ANY_FIGURE, above: 0 };
    const said = (amount: number | string, unit: string) => spanMistake({ amount, unit }, rule);
    expect([said(1.5, "hours"), said(1830, "days"), said(261, "weeks")]).toEqual([null, null, null]);
    expect(said(99_999_999_999_999, "hours")).toBe("Not more than 43 920 hours, which are five years.");
    expect([said(-5, "days"), said(0, "hours")]).toEqual(["More than 0, and at most 1830 days.", "More than 0, and at most 43 920 hours."]);
    expect(spanMistake({ amount: -3, unit: "weeks" }, { ...ANY_FIGURE, least: 0 })).toBe("From 0 to 261 weeks.");
    expect(spanMistake({ amount: 90, unit: "days" }, { ...rule, most: 60 })).toBe("More than 0, and at most 60 days.");
    expect(spanMistake({ amount: 1.5, unit: "days" }, { ...rule, isInteger: true })).toMatch(/^Only whole numbers/);
    expect(said("soon", "days")).toMatch(/no number/);
  });
});
