import { describe, expect, it } from "vitest";

import { fieldsOf } from "./formFields";
import { asKind, kindOf, kindsOf, literal } from "./valueKinds";
import { newItem } from "./newItems";

const [to, codes] = fieldsOf({
  type: "object",
  properties: {
    to: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }, { type: "null" }] },
    codes: { anyOf: [{ type: "integer" }, { type: "string" }] },
  },
}).map((field) => field.control);

describe("a value of several kinds", () => {
  it("is of one of those", () => {
    if (to === undefined || codes === undefined) throw new Error("there are two");
    expect(kindsOf(to)).toEqual(["text", "list"]);
    expect(kindsOf(codes)).toEqual(["number", "text"]);
    expect(kindsOf({ kind: "json" })).toContain("null");
    expect(kindOf(["a"], ["text", "list"])).toBe("list");
    expect(kindOf([{ a: 1 }], ["text", "list", "json"])).toBe("json");
    expect(kindOf(undefined, ["text", "list"])).toBe("text");
    expect(kindOf("{{ x }}", ["number"])).toBe("text");
  });

  it("keeps what it can when it becomes another", () => {
    expect(asKind("list", "a")).toEqual(["a"]);
    expect(asKind("text", ["a"])).toBe('["a"]');
    expect(asKind("number", "3.5")).toBe(3.5);
    expect(asKind("number", "three")).toBe(0);
    expect(asKind("json", "a")).toEqual({});
  });

  it("is read from what was typed", () => {
    expect(["12", "1.50", "012", "true", "null", "won", "{{ vars.a }}"].map(literal)).toEqual([12, "1.50", "012", true, null, "won", "{{ vars.a }}"]);
  });
});

it("names ways out anew", () => {
  expect(newItem("logic-switch", "cases", [{ id: "case_2" }])).toEqual({ id: "case_3", condition: { all: [] } });
  expect(newItem("ai-classify", "labels", [])).toEqual({ name: "label_1" });
  expect(newItem("their-step", "labels", [])).toBeNull();
});
