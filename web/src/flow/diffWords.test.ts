import { describe, expect, it } from "vitest";

import { catalogueOf, type NodeType } from "./catalogue";
import { differencesInWords, differencesOf } from "./diffWords";
import { type JsonObject, parseDrawing } from "./drawing";
import { setConfig, setLabel } from "./edit";
import { CATALOGUE, configured, flow } from "./testFlows";

describe("what differs, in words", () => {
  it("says which steps and lines came and went, in the order of the flow", () => {
    const before = flow("start>if", "if:true>send", "if:false>find", "find>set");
    const after = flow("start>if", "if:true>send", "send>stop", "if:true>set");
    const { steps, lines, ...rest } = differencesOf(before, after, CATALOGUE);
    expect(steps.map(({ title, change }) => [title, change])).toEqual([
      ["Find records", "removed"],
      ["Stop", "added"],
    ]);
    expect(lines).toEqual([{ id: "if-true-set", change: "added", text: "If / else (true) → Set variable" }]);
    expect(differencesInWords({ steps, lines, ...rest })).toBe("1 new step, 1 step removed, 1 line changed");
    expect(differencesInWords(differencesOf(before, before, CATALOGUE))).toBe("Nothing differs");
  });

  it("does not care whether a line names its only way out", () => {
    expect(differencesOf(flow("start>send"), flow("start:out>send"), CATALOGUE).lines).toEqual([]);
  });

  it("keeps two lines apart that have one id in both drawings and lead elsewhere", () => {
    const nodes = [{ id: "start", type: "trigger-event" }, { id: "a", type: "logic-stop" }, { id: "b", type: "logic-stop" }];
    const [before, after] = ["a", "b"].map((target) => parseDrawing(nodes, [{ id: "e1", source: "start", target }]));
    if (before === undefined || after === undefined) throw new Error("both are there");
    expect(differencesOf(before, after, CATALOGUE).lines.map(({ change, text }) => [change, text])).toEqual([
      ["added", "Record event → Stop"],
      ["removed", "Record event → Stop"],
    ]);
  });

  it("names fields as their form does", () => {
    const before = configured({ if: { condition: { field: "trigger.new.score", operator: "greater_than", value: 5 } } }, "start>if");
    const more = setConfig(before, "if", { condition: { field: "trigger.new.score", operator: "greater_than", value: 9 } });
    const [step] = differencesOf(before, setLabel(more, "if", "Hot?"), CATALOGUE).steps;
    expect(step?.fields).toEqual([
      { name: "Name", change: "changed", before: "If / else", after: "Hot?" },
      { name: "Condition", change: "changed", before: "score > 5", after: "score > 9" },
    ]);
  });

  it("goes into groups, lists and settings of every step", () => {
    const schema = {
      type: "object",
      properties: {
        url: { type: "string", title: "Address" },
        cases: { type: "array", title: "Cases", items: { type: "object", properties: { name: { type: "string", title: "Name" } } } },
        auth: { type: "object", title: "Sign-in", properties: { user: { type: "string", title: "User" } } },
      },
    };
    const catalogue = catalogueOf([{ ...(CATALOGUE.get("action-find-records") as NodeType), type: "x", config_schema: schema }]);
    const drawn = (config: JsonObject, rest: JsonObject = {}) => parseDrawing([{ id: "x", type: "x", data: { config, ...rest } }], []);
    const before = drawn({ url: "a.example", cases: [{ name: "One" }], auth: { user: "ada" } }, { retry: { attempts: 1 } });
    const after = drawn({ cases: [{ name: "Two" }, { name: "New" }], auth: { user: "bob" }, other_one: true }, { retry: { attempts: 3 }, disabled: true });
    expect(differencesOf(before, after, catalogue).steps[0]?.fields.map((one) => [one.name, one.before, one.after])).toEqual([
      ["Switched off", "No", "Yes"],
      ["Address", "a.example", null],
      ["Cases › 1 › Name", "One", "Two"],
      ["Cases › 2 › Name", null, "New"],
      ["Sign-in › User", "ada", "bob"],
      ["Other one", null, "Yes"],
      ["Try again › Attempts", "1", "3"],
    ]);
  });

  it("shows the values themselves where words would be the same", () => {
    const long = "x".repeat(60);
    const at = (value: string) => configured({ if: { condition: { field: "a", operator: "equals", value } } }, "start>if");
    const [field] = differencesOf(at(`${long}1`), at(`${long}2`), CATALOGUE).steps[0]?.fields ?? [];
    expect(field?.after).toContain(`${long}2`);
  });
});
