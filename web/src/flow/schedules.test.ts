import { describe, expect, it } from "vitest";

import { isWhole, kindOf, withKind, withTimes, withWeekday } from "./schedules";

describe("a schedule", () => {
  it("knows its kind", () => {
    expect([{}, { cron: "0 9 * * 1" }, { kind: "weekly" }, { kind: "odd" }].map(kindOf)).toEqual([null, "cron", "weekly", null]);
  });

  it("becomes another with what both have", () => {
    const weekly = withKind({}, "weekly", "Europe/Berlin");
    expect(weekly).toEqual({ kind: "weekly", weekdays: ["monday"], times: ["09:00"], timezone: "Europe/Berlin" });
    const daily = withKind({ ...weekly, times: ["07:30"], timezone: "UTC", overlap: "skip" }, "daily", "Europe/Berlin");
    expect(daily).toEqual({ kind: "daily", times: ["07:30"], timezone: "UTC", overlap: "skip" });
    expect(withKind(daily, "cron", "UTC")).toEqual({ kind: "cron", cron: "0 9 * * 1-5", timezone: "UTC", overlap: "skip" });
  });

  it("has its days in order", () => {
    const both = withWeekday(withWeekday({}, "friday", true), "monday", true);
    expect(both).toEqual({ weekdays: ["monday", "friday"] });
    expect(withWeekday({ weekdays: ["monday"] }, "monday", false)).toEqual({});
  });

  it("is asked about when it is whole", () => {
    expect(isWhole({})).toBe(false);
    expect(isWhole({ kind: "daily", times: ["09:00"] })).toBe(true);
    expect(isWhole({ kind: "daily", times: [""] })).toBe(false);
    expect(isWhole(withTimes({ kind: "dates" }, "dates", []))).toBe(false);
    expect(isWhole({ kind: "every", amount: 1 })).toBe(false);
  });
});
