import { describe, expect, it } from "vitest";

import { isSame, type Overlay, overlayOf } from "./diff";
import { moveNodes, setConfig } from "./edit";
import { configured, flow } from "./testFlows";

const isDifferent = ({ nodes, edges }: Overlay) => [...nodes.values(), ...edges.values()].some((change) => change !== "same");

describe("the difference of two drawings", () => {
  const before = configured({ send: { body: "a", channel: "chat" } }, "start>if", "if:true>send", "if:false>find");

  it("is none where only places differ, and the order of keys", () => {
    const moved = setConfig(moveNodes(before, new Map([["if", { x: 1, y: 1 }]])), "send", { channel: "chat", body: "a" });
    expect(isDifferent(overlayOf(before, moved))).toBe(false);
  });

  it("has what was added, changed and taken out", () => {
    const after = configured({ send: { body: "b", channel: "chat" } }, "start>if", "if:true>send", "send>set");
    const overlay = overlayOf(before, after);
    expect(Object.fromEntries(overlay.nodes)).toEqual({ start: "same", if: "same", send: "changed", set: "added", find: "removed" });
    expect(Object.fromEntries(overlay.edges)).toEqual({ "start-if": "same", "if-true-send": "same", "send-set": "added", "if-false-find": "removed" });
    expect(overlay.drawing.nodes).toHaveLength(5);
    expect(isDifferent(overlay)).toBe(true);
    expect(isDifferent(overlayOf(flow(), flow()))).toBe(false);
  });

  it("compares values", () => {
    expect(isSame({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toBe(true);
    expect(isSame({ a: null }, { b: null })).toBe(false);
    expect(isSame([1], [1, 2])).toBe(false);
    expect(isSame("1", 1)).toBe(false);
  });
});
