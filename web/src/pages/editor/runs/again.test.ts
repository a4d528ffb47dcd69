import { expect, it } from "vitest";

import { versionChoices } from "./again";

it("offers what is published, and what the run ran, where these are two", () => {
  const offered = (ran: number | null, published: number | null) => versionChoices(ran, published).map(({ version, text }) => [version, text]);
  expect(offered(2, 3)).toEqual([[3, "With version 3, published now"], [null, "With version 2, which it ran"]]);
  // After rolling back, too.
  expect(offered(3, 2)).toEqual([[2, "With version 2, published now"], [null, "With version 3, which it ran"]]);
  expect([offered(2, 2), offered(2, null), offered(null, 2)].map((choices) => choices.length)).toEqual([1, 1, 1]);
});
