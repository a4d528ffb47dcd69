import { describe, expect, it } from "vitest";

import type { JsonObject } from "./drawing";
import { fieldsOf } from "./formFields";
import { nameFrom, newInput, readInputs, withLabel, writeInputs } from "./inputSchema";

const SCHEMA: JsonObject = {
  type: "object",
  additionalProperties: false,
  properties: {
    note: { type: "string", title: "Note", description: "Why.", maxLength: 9 },
    size: { type: "string", enum: ["small", "large"] },
    when: { type: "string", format: "date" },
    count: { type: "integer", minimum: 1 },
    tags: { type: "array", items: { type: "string" } },
  },
  required: ["note"],
  "x-order": ["note", "size", "when", "count", "tags"],
};

describe("a form for inputs", () => {
  it("is read and written without losing what it does not show", () => {
    const inputs = readInputs(SCHEMA);
    expect(inputs?.map((input) => [input.name, input.kind, input.isRequired])).toEqual([
      ["note", "text", true],
      ["size", "choice", false],
      ["when", "date", false],
      ["count", "integer", false],
      ["tags", "list", false],
    ]);
    expect(writeInputs(inputs ?? [], SCHEMA)).toEqual(SCHEMA);
    expect(writeInputs([], SCHEMA)).toBeUndefined();
  });

  it("keeps its order, whatever that of the keys is when it comes back", () => {
    const inputs = readInputs(SCHEMA) ?? [];
    const back = JSON.parse(JSON.stringify(writeInputs([...inputs].reverse(), SCHEMA))) as JsonObject;
    const kept = { ...back, properties: Object.fromEntries(Object.entries(SCHEMA["properties"] as JsonObject).sort()) };
    expect(readInputs(kept)?.map(({ name }) => name)).toEqual(["tags", "count", "when", "size", "note"]);
    expect(fieldsOf(kept).map(({ name }) => name)).toEqual(["tags", "count", "when", "size", "note"]);
    expect(fieldsOf({ ...kept, "x-order": ["when", "gone"] }).map(({ name }) => name)).toEqual(["when", "count", "note", "size", "tags"]);
  });

  it("leaves to JSON what it cannot show", () => {
    expect(readInputs({ type: "object", properties: { a: { type: "object" } } })).toBeNull();
    expect(readInputs({ type: "object", properties: { a: { enum: [1, 2] } } })).toBeNull();
    expect(readInputs("x")).toBeNull();
    expect(readInputs(null)).toEqual([]);
  });

  it("names inputs after their labels, until somebody does", () => {
    const first = newInput([]);
    const labelled = withLabel(first, "Order number", []);
    expect(labelled).toMatchObject({ name: "order_number", label: "Order number" });
    expect(withLabel({ ...labelled, name: "nr" }, "Order", [])).toMatchObject({ name: "nr" });
    expect(withLabel(newInput([labelled]), "Order number", [labelled]).name).toBe("field_2");
    expect(["Größe", "2nd", "--"].map(nameFrom)).toEqual(["gro_e", "_2nd", ""]);
  });
});
