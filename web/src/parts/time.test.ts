import { describe, expect, it } from "vitest";

import { ago, duration } from "./time";

const NOW = new Date("2026-11-26T12:00:00Z");
const before = (seconds: number) => ago(new Date(NOW.getTime() - seconds * 1_000), NOW);

describe("times", () => {
  it.each([
    [10, "just now"],
    [50, "1 minute ago"],
    [600, "10 minutes ago"],
    [7_200, "2 hours ago"],
    [86_400, "yesterday"],
    [3 * 86_400, "3 days ago"],
    [40 * 86_400, "last month"],
    [-7_200, "in 2 hours"],
  ])("%d seconds", (seconds, said) => expect(before(seconds)).toBe(said));

  it.each([
    [0.2, "< 1 ms"],
    [3, "3 ms"],
    [1_234, "1.2 s"],
    [45_000, "45 s"],
    [125_000, "2 min 5 s"],
    [7_260_000, "2 h 1 min"],
    [200_000_000, "2 d 7 h"],
  ])("%d milliseconds", (milliseconds, said) => expect(duration(milliseconds)).toBe(said));
});
