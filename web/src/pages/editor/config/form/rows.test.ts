import { expect, it } from "vitest";

import type { JsonObject } from "@/flow/drawing";
import { fieldsOf } from "@/flow/formFields";

import { inRows, unitOf } from "./rows";

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
  const unit = (value: JsonObject) => fields.map((field) => unitOf(field, fields, value));
  expect([unit({}), unit({ unit: "minutes" })]).toEqual([["hours", undefined, undefined], ["minutes", undefined, undefined]]);
});
