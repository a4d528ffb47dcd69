import { describe, expect, it } from "vitest";

import { type Change, distinct, readChange, staleAfter } from "./changes";

const change = (given: Partial<Change>): Change => ({
  ...{ kind: "execution", id: "e1", account_id: "a", automation_id: "f1", execution_id: "e1", status: "running" },
  ...given,
});

describe("a change", () => {
  it("of a run makes its lists, its figures and itself stale", () => {
    expect(staleAfter(change({}))).toEqual([
      ["automations", "list"],
      ["automations", "runs"],
      ["automations", "stats"],
      ["records"],
      ["automations", "execution", "e1"],
      ["automations", "detail", "f1", "executions"],
    ]);
  });

  it("of an automation changes how many are live", () => {
    expect(staleAfter(change({ kind: "automation", id: "f1", automation_id: null }))).toEqual([["automations", "list"], ["automations", "stats"], ["automations", "detail", "f1"]]);
  });

  it("of a step is about its run alone", () => {
    expect(staleAfter(change({ kind: "step", id: "s1" }))).toEqual([["automations", "execution", "e1"]]);
  });

  it("that comes often is told once", () => {
    expect(distinct([...staleAfter(change({})), ...staleAfter(change({ id: "e2" }))])).toHaveLength(7);
  });

  it("that cannot be read is none", () => {
    expect(readChange("")).toBeNull();
    expect(readChange("[]")).toBeNull();
    expect(staleAfter({ ...change({}), kind: "later" as Change["kind"] })).toEqual([]);
  });
});
