import { expect, it } from "vitest";

import { CANCEL, FROM_FAILED, fromFailedWith, nameOf, RETRY } from "./deeds";

it("has words for each", () => {
  expect([RETRY, FROM_FAILED, fromFailedWith(3), CANCEL].map(nameOf)).toEqual(["retry", "fromFailed", "fromFailedWith", "cancel"]);
});
