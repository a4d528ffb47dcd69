import { describe, expect, it } from "vitest";

import { barePath, filterIn, insertFilter, insertPath, isUnfinished, openBraces, piecesOf, previewOf, shortSample } from "./templateText";
import type { Source } from "./variables";

const leaf = (path: string, sample: Source["variables"][number]["sample"]) => ({ path, name: path, sample, children: [] });
const SOURCES: Source[] = [
  { nodeId: "start", title: "Start", variables: [{ ...leaf("trigger.new", {}), children: [leaf("trigger.new.name", "Ada"), leaf("trigger.new.city", null)] }] },
  { nodeId: "find", title: "Find", variables: [leaf("steps.find.records", [1, 2])] },
];

describe("a template", () => {
  it("comes in pieces", () => {
    const text = "Hi {{ a.b }}, {% if x %}y{% endif %}{{ open";
    const pieces = piecesOf(text);
    expect(pieces.map((piece) => piece.text).join("")).toBe(text);
    expect(pieces.filter((piece) => piece.isExpression).map((piece) => piece.text)).toEqual(["{{ a.b }}", "{% if x %}", "{% endif %}"]);
    expect(barePath('{{ steps.check-score.a["b c"][0] }}')).toBe('steps.check-score.a["b c"][0]');
    expect(barePath("{{ a | upper }}")).toBeNull();
  });

  it("is filled in with the samples where that is certain", () => {
    expect(previewOf("Hi {{ trigger.new.name }}{{ trigger.new.city }}: {{steps.find.records}}", SOURCES)).toBe("Hi Ada: [1,2]");
    expect(previewOf("Hi {{ trigger.new.name | upper }}", SOURCES)).toBeNull();
    expect(previewOf("Hi {{ nobody }}", SOURCES)).toBeNull();
    expect(previewOf("Hi", SOURCES)).toBeNull();
  });
});

it("is unfinished while braces before the cursor wait for more", () => {
  const typed = ["a {", "{{", "{{ trigger.new | ", "{{ a }} {{ b", "{{ a }}", "{% if x", "a"];
  expect(typed.map((text) => isUnfinished(text, text.length))).toEqual([true, true, true, true, false, false, false]);
  expect(isUnfinished("{{ a }} b", 9)).toBe(false);
});

it("shows samples in a few letters", () => {
  expect([null, "a\nb", { a: 1, b: 2 }, [1, 2], [1], 3].map(shortSample)).toEqual(["nothing", "a b", "{ a, b }", "a list of 2", "a list of 1", "3"]);
  expect(shortSample("x".repeat(100))).toHaveLength(60);
  expect(previewOf("{{ steps.find.records }}", SOURCES)).toBe("a list of 2");
});

describe("typing a template", () => {
  const at = (text: string) => ({ text: text.replace("^", ""), cursor: text.indexOf("^") });
  const shown = (edit: { text: string; cursor: number } | null) =>
    edit === null ? null : `${edit.text.slice(0, edit.cursor)}^${edit.text.slice(edit.cursor)}`;

  it.each([
    ["Hi ^", "Hi {{ a.b }}^"],
    ["Hi {{^", "Hi {{ a.b }}^"],
    ["Hi {{ na^ }}, you", "Hi {{ a.b }}^, you"],
    ["{{ x }}^", "{{ x }}{{ a.b }}^"],
    ["Hi {{ tri^gger.new }}, you", "Hi {{ a.b }}^, you"],
    ["{{ na^, and {{ x }}", "{{ a.b }}^, and {{ x }}"],
  ])("a variable into %s", (given, expected) => {
    const { text, cursor } = at(given);
    expect(shown(insertPath(text, cursor, cursor, "a.b"))).toBe(expected);
  });

  it.each([
    ["{{ x }}^", "{{ x | upper }}^"],
    ["a {{ x^ | trim }} b", "a {{ x | trim | upper }}^ b"],
    ["a^ {{ x }}", null],
  ])("a filter into %s", (given, expected) => {
    const { text, cursor } = at(given);
    expect(shown(insertFilter(text, cursor, "upper"))).toBe(expected);
  });

  it("knows what was begun", () => {
    expect(openBraces("a {{ trig", 9)).toEqual({ from: 2, typed: "trig" });
    expect(openBraces("a {{ x }} b", 11)).toBeNull();
    expect(openBraces("{", 1)).toBeNull();
    expect(filterIn("join", '{{ a | join(", ") }}')).toBe('join(", ")');
    expect(filterIn("list", "{{ a | items | list }}")).toBe("list");
  });
});
