import { expect, it } from "vitest";

import { clockIn, inZone } from "./times";

it("says a time as the clocks of a zone have it", () => {
  expect(inZone("2026-11-30T08:00:00Z", "Europe/Berlin")).toMatch(/^Mon, 30 Nov 2026, 09:00( am)?$/);
  expect(clockIn("2026-11-30T08:00:00Z", "Asia/Tokyo")).toMatch(/^Mon,? (17:00|05:00 pm)$/);
});
