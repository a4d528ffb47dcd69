import { expect, it } from "vitest";

import { isSeconds, secondsInWords } from "./spans";

it("says seconds in words where that is shorter", () => {
  expect([30, 60, 90, 3_600, 86_400, 604_800, 3_601].map(secondsInWords)).toEqual([null, "1 minute", "1.5 minutes", "1 hour", "1 day", "1 week", null]);
  expect(["timeout_seconds", "seconds", "secondary"].map(isSeconds)).toEqual([true, true, false]);
});
