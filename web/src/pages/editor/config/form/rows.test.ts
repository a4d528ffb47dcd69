import { expect, it } from "vitest";

import { fieldsOf } from "@/flow/formFields";

import { inRows, unitIn } from "./rows";

const fields = fieldsOf({
  properties: {
    amount: { type: "number" },
    unit: { enum: ["minutes", "hours"], default: "hours" },
    note: { type: "string" },
  },
});

it("has an amount and its unit in one row, and knows what it counts", () => {
  const rows = inRows(fields);
  expect(rows.map((row) => row.map((field) => field.name))).toEqual([["amount", "unit"], ["note"]]);
  const [amount = [], note = []] = rows;
  expect([unitIn(amount, {}), unitIn(amount, { unit: "minutes" }), unitIn(note, {})]).toEqual(["hours", "minutes", undefined]);
});
