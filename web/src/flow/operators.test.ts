import { describe, expect, it } from "vitest";

import { conditionFields, hasBefore } from "./conditionFields";
import { moveAt, negateAt, parseCondition, writeCondition } from "./conditionTree";
import { canIgnoreCase, comparedWith, operandText, operatorsOf, withOperator } from "./operators";

const leaf = (operator: string, rest: Record<string, string | number | boolean | (string | number)[]>) => ({ kind: "leaf" as const, field: "a", operator, rest });

describe("operators", () => {
  it("come from the catalogue", () => {
    expect(operatorsOf([{ name: "equals", value: "any" }, { name: "changed", value: "nothing" }, { name: "new", value: "odd" }])).toEqual([
      { name: "equals", operand: "any" },
      { name: "changed", operand: "change" },
      { name: "new", operand: "any" },
    ]);
  });

  it("keep what the next one can be compared with", () => {
    const to = (operator: ReturnType<typeof leaf>, name: string, operand: Parameters<typeof withOperator>[1]["operand"]) => withOperator(operator, { name, operand }).rest;
    expect(to(leaf("equals", { value: "won", ignore_case: true }), "in", "list")).toEqual({ value: ["won"], ignore_case: true });
    expect(to(leaf("in", { value: ["won", "lost"] }), "equals", "any")).toEqual({ value: "won" });
    expect(to(leaf("greater_than", { value: 3 }), "between", "pair")).toEqual({ value: [3, ""] });
    expect(to(leaf("equals", { value: "won" }), "is_empty", "nothing")).toEqual({});
    expect(to(leaf("equals", { value: "won" }), "changed", "change")).toEqual({ to: "won" });
    expect(to(leaf("is_empty", {}), "equals", "any")).toEqual({ value: "" });
  });

  it("compare with what the field is", () => {
    expect(comparedWith("10", 3, "comparable")).toBe(10);
    expect(comparedWith("10", "3", "any")).toBe("10");
    expect(comparedWith("vip", ["vip"], "any")).toBe("vip");
    expect(comparedWith("10", undefined, "any")).toBe(10);
    expect(comparedWith("10", undefined, "text")).toBe("10");
    expect(comparedWith("{{ vars.a }}", 3, "any")).toBe("{{ vars.a }}");
    expect([undefined, null, "a", 3, [1]].map(operandText)).toEqual(["", "null", "a", "3", "[1]"]);
    expect(canIgnoreCase("equals", "Won")).toBe(true);
    expect(canIgnoreCase("equals", 3)).toBe(false);
    expect(canIgnoreCase("before", "x")).toBe(false);
  });
});

describe("a tree", () => {
  const tree = parseCondition({ all: [{ field: "a", operator: "exists" }, { not: { field: "b", operator: "exists" } }] });
  if (tree === null) throw new Error("it is one");

  it("is put in another order", () => {
    expect(writeCondition(moveAt(tree, [1], -1))).toMatchObject({ all: [{ not: { field: "b" } }, { field: "a" }] });
    expect(moveAt(tree, [0], -1)).toEqual(tree);
    expect(moveAt(tree, [], 1)).toBe(tree);
  });

  it("is turned into its opposite and back", () => {
    expect(writeCondition(negateAt(tree, [0]))).toMatchObject({ all: [{ not: { field: "a" } }, { not: { field: "b" } }] });
    expect(writeCondition(negateAt(tree, [1]))).toMatchObject({ all: [{ field: "a" }, { field: "b" }] });
  });
});

describe("what a condition can ask about", () => {
  const columns = [{ name: "stage", sample: "new" }];
  const paths = (nodeType: string, path: string, config = {}) =>
    conditionFields({ nodeType, path, config, columns, sources: [{ nodeId: "f", title: "Find", variables: [{ path: "steps.f.records", name: "records", sample: [{ score: 1 }], children: [] }] }] })
      .flatMap((source) => source.variables.map((one) => one.path));

  it("depends on where it stands", () => {
    expect(paths("action-find-records", "conditions")).toEqual(["stage"]);
    expect(paths("trigger-event", "conditions", { event_type: "UPDATE" })).toEqual(["new.stage", "previous.stage", "changed", "event"]);
    expect(paths("trigger-event", "conditions", { event_type: "DELETE" })).toEqual(["old.stage", "changed", "event"]);
    expect(paths("logic-wait", "condition", { wait_for: "reply" })).toEqual(["new.stage"]);
    expect(paths("transform-filter", "condition", { items: "{{ steps.f.records }}" })).toEqual(["item", "item.score", "index"]);
    expect(paths("logic-condition", "condition")).toEqual(["steps.f.records"]);
    expect(paths("action-http", "retry.retry_if")).toContain("error.code");
    expect(hasBefore("trigger-event", { event_type: "INSERT" })).toBe(false);
    expect(hasBefore("logic-wait", { wait_for: "change" })).toBe(true);
  });
});
