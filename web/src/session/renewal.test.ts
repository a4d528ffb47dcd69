import { describe, expect, it } from "vitest";

import { untilNextLook } from "./renewal";

describe("the next look at the token", () => {
  it("is when it is due, and once a minute", () => {
    expect(untilNextLook(10_000, 0, 4_000)).toBe(6_000);
    expect(untilNextLook(900_000, 0, 0)).toBe(60_000);
    expect(untilNextLook(null, 0, 0)).toBe(60_000);
  });

  it("is not at once again after a refusal, and never in haste", () => {
    expect(untilNextLook(1_000, 12_000, 2_000)).toBe(10_000);
    expect(untilNextLook(1_000, 0, 50_000)).toBe(1_000);
  });
});
