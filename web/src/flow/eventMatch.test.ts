import { describe, expect, it } from "vitest";

import type { JsonObject } from "./drawing";
import { matchOf, type PastChange } from "./eventMatch";

const CHANGE: PastChange = {
  operation: "UPDATE",
  old: { stage: "new", score: 40, tags: ["a"] },
  new: { stage: "qualified", score: 60, tags: ["a"], email: null },
  changed: ["stage", "score"],
};
const onlyIf = (conditions: JsonObject) => matchOf({ event_type: "UPDATE", conditions }, CHANGE);
const leaf = (field: string, operator: string, more: JsonObject = {}) => ({ field, operator, ...more });

describe("a past change", () => {
  it("is of the kind that is listened to, or not", () => {
    expect(matchOf({ event_type: "INSERT" }, CHANGE)).toEqual({ kind: "operation" });
    expect(matchOf({ event_type: "any" }, CHANGE)).toEqual({ kind: "matches" });
    expect(matchOf({}, CHANGE)).toEqual({ kind: "matches" });
  });

  it("has changed a watched column, or not", () => {
    expect(matchOf({ event_type: "UPDATE", watch: ["email"] }, CHANGE)).toEqual({ kind: "columns" });
    expect(matchOf({ event_type: "any", watch: ["email", "stage"] }, CHANGE)).toEqual({ kind: "matches" });
    expect(matchOf({ event_type: "any", watch: ["email"] }, { ...CHANGE, operation: "INSERT", changed: null })).toEqual({ kind: "matches" });
  });

  it.each([
    [leaf("new.stage", "changed", { to: "qualified" })],
    [leaf("new.stage", "changed", { from: "new" })],
    [leaf("new.score", "greater_than", { value: 50 })],
    [leaf("new.stage", "in", { value: ["won", "qualified"] })],
    [leaf("new.stage", "not_equals", { value: "won" })],
    [{ not: leaf("new.stage", "equals", { value: "won" }) }],
    [{ any: [leaf("new.stage", "equals", { value: "won" }), leaf("previous.score", "less_than", { value: 50 })] }],
  ])("meets %j", (condition) => expect(onlyIf(condition)).toEqual({ kind: "matches" }));

  it.each([
    [leaf("new.stage", "changed", { to: "won" }), "stage becomes won"],
    [leaf("new.email", "changed"), "email changes"],
    [{ all: [leaf("new.score", "greater_than", { value: 50 }), leaf("new.stage", "equals", { value: "won" })] }, "stage is won"],
    [leaf("new.email", "equals", { value: "a@b" }), "email is a@b"],
    [leaf("new.score", "less_or_equal", { value: 50 }), "score ≤ 50"],
  ])("does not meet %j", (condition, unmet) => expect(onlyIf(condition)).toEqual({ kind: "condition", unmet }));

  it.each([
    [leaf("new.tags", "contains", { value: "vip" })],
    [leaf("new.stage", "equals", { value: "Qualified", ignore_case: true })],
    [leaf("new.score", "equals", { value: "60" })],
    [{ any: [leaf("new.email", "starts_with", { value: "a" }), leaf("new.stage", "equals", { value: "won" })] }],
  ])("is not judged by %j: the database alone can", (condition) => expect(onlyIf(condition)).toEqual({ kind: "matches" }));
});
