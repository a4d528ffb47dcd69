import { describe, expect, it } from "vitest";

import { fieldsOf, type Variant } from "./formFields";
import { asVariant, fromPairs, moved, readJson, repeatedNames, variantOf, withKey } from "./formValues";

const AUTH = fieldsOf({
  type: "object",
  properties: {
    auth: {
      oneOf: [
        { type: "object", properties: { type: { const: "bearer" }, token: { type: "string" } } },
        { type: "object", properties: { type: { const: "header" }, name: { type: "string" }, token: { type: "string" } } },
      ],
    },
    to: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }, { type: "null" }] },
  },
});
const variants = AUTH.map((field) => (field.control.kind === "variants" ? field.control.variants : []));
const [auth = [], to = []] = variants;

describe("what is in a form", () => {
  it("has no key where nothing is set", () => {
    expect(withKey({ a: 1, b: 2 }, "a", undefined)).toEqual({ b: 2 });
    expect(withKey({ a: 1 }, "a", null)).toEqual({ a: null });
    expect(fromPairs([["", 1], ["a", 1], ["a", 2]])).toEqual({ a: 2 });
    expect(fromPairs([["", 1]])).toBeUndefined();
    expect([...repeatedNames([["", 1], ["", 2], ["a", 1], ["a", 2]])]).toEqual(["a"]);
  });

  it("is moved within its list", () => {
    expect(moved(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
    expect(moved(["a", "b"], 0, 2)).toEqual(["a", "b"]);
  });

  it("is read as JSON, or says what is wrong", () => {
    expect(readJson(" ")).toEqual({ value: undefined });
    expect(readJson('{"a": [1]}')).toEqual({ value: { a: [1] } });
    expect(readJson("{a}")).toHaveProperty("mistake");
  });
});

describe("variants", () => {
  it("are told by their tag, or by their shape", () => {
    expect(variantOf(auth, { type: "header" })).toBe(1);
    expect(variantOf(auth, { type: "other" })).toBe(-1);
    expect(variantOf(to, ["a"])).toBe(1);
    expect(variantOf(to, null)).toBe(-1);
  });

  it("keep what they share, and what was in them before", () => {
    const header = auth[1] as Variant;
    expect(asVariant(header, { type: "bearer", token: "t" }, undefined)).toEqual({ type: "header", token: "t" });
    expect(asVariant(header, { type: "bearer", token: "t" }, { type: "header", name: "X" })).toEqual({ type: "header", name: "X" });
    expect(asVariant(to[1] as Variant, "a", undefined)).toEqual([]);
  });
});
