import { describe, expect, it } from "vitest";

import { fieldProblemsOf, type FlowProblem, pathOf, problemCounts } from "./problems";

const problem = (given: Partial<FlowProblem>): FlowProblem => ({ code: "bad", message: "it is wrong", hint: "Mend it.", node_id: null, edge_id: null, field: null, ...given });

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

  it("are told and counted by step", () => {
    const all = [problem({ node_id: "a", field: "url", message: "url: it is wrong" }), problem({ node_id: "a" }), problem({}), problem({ node_id: "b" })];
    expect(fieldProblemsOf(all, "a")).toEqual([
      { path: ["url"], message: "it is wrong. Mend it.", isError: true },
      { path: [], message: "it is wrong. Mend it.", isError: true },
    ]);
    expect([...problemCounts(all)]).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
  });
});
