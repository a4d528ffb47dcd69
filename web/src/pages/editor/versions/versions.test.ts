import { describe, expect, it } from "vitest";

import { overlayOf } from "@/flow/diff";
import { flow } from "@/flow/testFlows";

import { differenceMarks } from "@/pages/editor/canvas/differenceMarks";
import { addressOf, comparedIn, readSide } from "./sides";

const none = new URLSearchParams();

describe("what is compared", () => {
  it("is the draft while it differs from what is published, else what is published", () => {
    expect(comparedIn("", none, null, false)).toEqual({ side: "draft", base: null });
    expect(comparedIn("", none, 4, false)).toEqual({ side: "draft", base: 4 });
    expect(comparedIn("", none, 4, true)).toEqual({ side: 4, base: 3 });
    expect(comparedIn("1", none, 4, true)).toEqual({ side: 1, base: null });
  });

  it("is what the address says, but nothing with itself", () => {
    expect(comparedIn("2", new URLSearchParams("with=draft"), 4, true)).toEqual({ side: 2, base: "draft" });
    expect(comparedIn("2", new URLSearchParams("with=2"), 4, true)).toEqual({ side: 2, base: 1 });
    expect(addressOf("a", 2, "draft")).toBe("/automations/a/versions/2?with=draft");
    expect(["0", "-1", "1e3", "x", "", null].map(readSide)).toEqual([null, null, null, null, null, null]);
  });
});

describe("marks of differences", () => {
  it("leave out what is the same", () => {
    const { nodes, edges } = differenceMarks(overlayOf(flow("start>if", "if:true>send"), flow("start>if", "if:true>set")));
    expect(Object.fromEntries(nodes)).toEqual({ set: { tone: "added" }, send: { tone: "removed" } });
    expect(Object.fromEntries(edges)).toEqual({ "if-true-set": { tone: "added" }, "if-true-send": { tone: "removed" } });
  });
});
