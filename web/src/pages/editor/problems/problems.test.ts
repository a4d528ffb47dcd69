import { describe, expect, it } from "vitest";

import type { NodeType } from "@/flow/catalogue";
import { type Drawing, type JsonObject, parseDrawing } from "@/flow/drawing";

import { stillHolding } from "./holds";
import { stateOf } from "./listState";
import { countsByStep, fieldProblemsOf, type FlowProblem, leftKey, pathOf, toldOf, wordsOf } from "./problems";

const problem = (given: Partial<FlowProblem>): FlowProblem => ({ code: "unreachable", message: "it is wrong", hint: "Mend it.", node_id: null, edge_id: null, field: null, ...given });
const missing = (node: string, field: string) => problem({ code: "missing_field", message: `Send email: '${field}' is required`, node_id: node, field });
const EMAIL = {
  type: "action-email",
  title: "Send email",
  config_schema: {
    properties: {
      to: { type: "string", title: "To" },
      kind: { enum: ["a", "b"], title: "Kind" },
      table: { type: "string", title: "Table", widget: "table" },
      cases: { type: "array", title: "Cases", items: { type: "object", properties: { id: { type: "string", title: "Name" } } } },
    },
  },
} as unknown as NodeType;
const NOTHING = new Set<string>();

describe("problems", () => {
  it("have the path of the field in the panel", () => {
    expect(["cases.0.id", "data.config.url", "data.retry.attempts", "data.config", "type", null].map(pathOf)).toEqual([
      ["cases", 0, "id"],
      ["url"],
      ["retry", "attempts"],
      [],
      [],
      [],
    ]);
  });

  it("are told in the words of the form", () => {
    const said = (one: FlowProblem) => {
      const { title, text } = wordsOf(one, EMAIL);
      return [title, text];
    };
    expect(["to", "kind", "table", "cases.0.id"].map((field) => said(missing("a", field)))).toEqual([
      ["To", "Fill this in."],
      ["Kind", "Choose a kind."],
      ["Table", "Choose a table."],
      ["Name", "Fill this in."],
    ]);
    expect(said(problem({ code: "bad_config", message: "Send email: 'to': it is too long", hint: "Read on.", field: "to" }))).toEqual(["To", "It is too long."]);
    expect(said(problem({ code: "bad_retry", message: "data.retry.attempts: at least 1", hint: "Raise it.", field: "data.retry.attempts" }))).toEqual(["Attempts", "At least 1. Raise it."]);
    expect(said(problem({ code: "too_long", message: "Send email: 'to': 9 years are more than five years", hint: "Use at most 5 years.", field: "to" }))).toEqual(["To", "9 years are more than five years. Use at most 5 years."]);
    expect(said(problem({}))).toEqual([null, "It is wrong. Mend it."]);
  });

  it("are quiet until somebody has been there, or wants to publish", () => {
    const all = [missing("a", "to"), missing("a", "cases.0.id"), missing("b", "to"), problem({ node_id: "a" })];
    const quiet = (left: readonly string[], isAsked = false) => toldOf(all, new Set(left), isAsked).map((one) => one.isQuiet);
    expect(quiet([])).toEqual([true, true, true, false]);
    expect(quiet([leftKey("a", '["to"]')])).toEqual([false, true, true, false]);
    expect(quiet([leftKey("a", '["cases"]')])).toEqual([true, false, true, false]);
    expect(quiet([], true)).toEqual([false, false, false, false]);
    expect(fieldProblemsOf(toldOf(all, new Set([leftKey("a", '["to"]')]), false), "a", EMAIL)).toEqual([
      { path: ["to"], message: "Fill this in.", isError: true, isMissing: true },
      { path: ["cases", 0, "id"], message: "Still to fill in.", isError: false, isMissing: true },
      { path: [], message: "It is wrong. Mend it.", isError: true, isMissing: false },
    ]);
    expect([...countsByStep(toldOf(all, NOTHING, false))]).toEqual([
      ["a", { problems: 1, open: 2 }],
      ["b", { problems: 0, open: 1 }],
    ]);
  });

  it("are quiet where somebody is in the middle of a word, and say nothing at the field", () => {
    const broken = problem({ code: "bad_template", message: "'to': it does not end", node_id: "a", field: "to" });
    const told = toldOf([broken], new Set([leftKey("a", '["to"]')]), true, new Set([leftKey("a", '["to"]')]));
    expect([fieldProblemsOf(told, "a", EMAIL), countsByStep(told).get("a")]).toEqual([[], { problems: 0, open: 1 }]);
    expect(fieldProblemsOf(toldOf([broken], NOTHING, false), "a", EMAIL)).toHaveLength(1);
  });

  it("hold until what they are about was changed, whatever the server has said since", () => {
    const drawn = (config: JsonObject) => parseDrawing([{ id: "a", type: "action-email", data: { config } }], []);
    const was = drawn({ subject: "" });
    const all = [missing("a", "to"), missing("a", "cases.0.id"), problem({ node_id: "a", field: "to" })];
    const holding = (now: Drawing) => stillHolding(all, was, now).map((one) => all.indexOf(one));
    expect([holding(was), holding(drawn({ subject: "Hello" })), holding(drawn({ to: "a@b" })), holding(drawn({ cases: [{ id: "x" }] }))]).toEqual([[0, 1, 2], [0, 1, 2], [1, 2], [0, 2]]);
  });

  it("are summed up, and nothing is called fine that nobody knows", () => {
    const said = (found: readonly FlowProblem[], more = {}) => stateOf({ problems: toldOf(found, NOTHING, false), warnings: [], isUnknown: false, isEmpty: false, ...more });
    expect(said([])).toEqual({ kind: "fine", said: "No problems" });
    expect(said([], { isEmpty: true })).toEqual({ kind: "empty", said: "Nothing to check yet" });
    expect(said([], { isUnknown: true }).kind).toBe("unchecked");
    expect(said([missing("a", "to")])).toEqual({ kind: "open", said: "1 field still to fill in" });
    expect(said([missing("a", "to"), problem({})])).toEqual({ kind: "wrong", said: "1 problem, 1 field still to fill in" });
    const warnings = toldOf([problem({})], NOTHING, false);
    expect(said([], { warnings })).toEqual({ kind: "open", said: "1 warning" });
  });
});
