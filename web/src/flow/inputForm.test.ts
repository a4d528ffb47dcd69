import { describe, expect, it } from "vitest";

import { filled, firstValues, missing, readObject, startFormOf } from "./inputForm";

const SCHEMA = {
  type: "object",
  properties: { name: { type: "string", title: "Name" }, count: { type: "integer", default: 2 }, note: { type: "string" } },
  required: ["name", "count"],
};

describe("the form of a start", () => {
  const form = startFormOf("trigger-manual", { record: "lead", input_schema: SCHEMA });
  const fields = form?.fields ?? [];

  it("asks for what the trigger asks for", () => {
    expect([form?.record, form?.isOpen, fields.map(({ name, isRequired }) => [name, isRequired])]).toEqual([
      ...["lead", false],
      [["name", true], ["count", true], ["note", false]],
    ]);
    expect(startFormOf("trigger-webhook", {})).toEqual({ record: null, fields: [], isOpen: true });
    expect(startFormOf("trigger-schedule", {})).toBeNull();
  });

  it("begins with what holds anyway, and says what is missing", () => {
    const values = firstValues(fields);
    expect(values).toEqual({ count: 2 });
    expect(missing(fields, values)).toEqual(["name"]);
    expect(missing(fields, { ...values, name: "Ada" })).toEqual([]);
    expect(filled({ name: "Ada", note: "", count: null, zero: 0, no: false })).toEqual({ name: "Ada", zero: 0, no: false });
  });

  it("takes JSON objects", () => {
    expect(['{"a":1}', " ", "[1]", "{"].map(readObject)).toEqual([{ a: 1 }, {}, null, null]);
  });
});
