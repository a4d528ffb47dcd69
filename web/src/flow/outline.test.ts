import { describe, expect, it } from "vitest";

import { outlineOf } from "./outline";
import { filledIn } from "./places";
import { CATALOGUE, flow } from "./testFlows";

describe("the outline", () => {
  it("lists each step once, and says where ways come together", () => {
    const steps = outlineOf(flow("start>if", "if:true>send", "if:false>find", "send>set", "find>set", "set>stop"), CATALOGUE);
    expect(steps.map(({ node, depth, way, again }) => [node.id, depth, way, again])).toEqual([
      ["start", 0, null, false],
      ["if", 0, null, false],
      ["send", 1, "true", false],
      ["set", 1, null, false],
      ["stop", 1, null, false],
      ["find", 1, "false", false],
      ["set", 1, null, true],
    ]);
  });

  it("has ways from left to right, as the canvas has them", () => {
    const steps = outlineOf(flow("start>if", "if:false>find", "if:true>send"), CATALOGUE);
    expect(steps.map(({ node }) => node.id)).toEqual(["start", "if", "send", "find"]);
  });

  it("comes to an end in a circle", () => {
    expect(outlineOf(flow("send>find", "find>send"), CATALOGUE).map((step) => step.node.id)).toEqual(["send", "find", "send"]);
  });
});

describe("places of a template", () => {
  it("are filled in, and keep the type of what is filled in", () => {
    const values = new Map<string, string | number | string[]>([["days", 7], ["stage", "won"], ["users", ["a", "b"]]]);
    const given = { amount: "${days}", text: "After ${days} days in ${stage}: ${else}", assign: ["${users}"] };
    expect(filledIn(given, values)).toEqual({ amount: 7, text: "After 7 days in won: ${else}", assign: [["a", "b"]] });
  });
});
