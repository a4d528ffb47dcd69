import { expect, it } from "vitest";

import { columnAsked, knownValues, meantBy } from "./knownValues";

it("offers what stands in a column, and sees where only capitals differ", () => {
  const rows = [{ stage: "won" }, { stage: "new" }, { stage: null }, { stage: "won" }, { stage: "" }, { stage: 3 }, { stage: "x".repeat(61) }, {}];
  expect(knownValues(rows, "stage")).toEqual(["new", "won"]);
  expect([knownValues(rows, null), knownValues(Array.from({ length: 31 }, (_, id) => ({ id: String(id) })), "id")]).toEqual([[], []]);
  const meant = ["Won", "won", "WON", "lost", ""].map((text) => meantBy(text, ["new", "won"]));
  expect(meant).toEqual(["won", null, "won", null, null]);
});

it("knows the column that a condition asks about", () => {
  const asked = ["trigger.new.stage", "new.stage", "previous.stage", "stage", "steps.find.first.stage", "new.data.source", "trigger"].map(columnAsked);
  expect(asked).toEqual(["stage", "stage", "stage", "stage", null, null, "trigger"]);
});
