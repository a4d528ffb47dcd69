import { describe, expect, it } from "vitest";

import { moveNodes } from "./edit";
import { arranged, placed } from "./layout";
import { NODE_HEIGHT, NODE_WIDTH } from "./sizes";
import { flow } from "./testFlows";

const places = (drawing: ReturnType<typeof flow>) => new Map(drawing.nodes.map((node) => [node.id, node.position ?? { x: NaN, y: NaN }]));

describe("the layout", () => {
  const drawing = flow("start>if", "if:true>send", "if:false>find", "send>set", "find>set");

  it("goes from the top to the bottom, and nothing lies on anything", () => {
    const found = places(arranged(drawing));
    const y = (id: string) => found.get(id)?.y ?? NaN;
    expect(y("if")).toBeGreaterThan(y("start") + NODE_HEIGHT);
    expect(y("send")).toBe(y("find"));
    expect(y("set")).toBeGreaterThan(y("find") + NODE_HEIGHT);
    const all = [...found.values()];
    for (const [index, a] of all.entries()) {
      for (const b of all.slice(index + 1)) {
        expect(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT).toBe(true);
      }
    }
  });

  it("leaves alone what a person has moved, and follows it", () => {
    const before = arranged(drawing);
    const moved = arranged(moveNodes(before, new Map([["if", { x: 1_000, y: 500 }]])));
    const found = places(moved);
    expect(found.get("if")).toEqual({ x: 1_000, y: 500 });
    expect(found.get("start")).toEqual(places(before).get("start"));
    expect(found.get("send")?.y).toBeGreaterThan(500);
    expect(places(arranged(moved, { all: true }))).toEqual(places(before));
  });

  it("follows the nearest one that was moved, whichever way leads there", () => {
    const before = arranged(flow("start>if", "if:true>send", "send>find", "find>set", "if:false>set", "set>stop"));
    const moved = moveNodes(before, new Map([["start", { x: 4_000, y: 0 }], ["send", { x: -4_000, y: 800 }]]));
    const found = places(arranged(moved));
    const x = (id: string) => found.get(id)?.x ?? NaN;
    expect([x("if") > 3_000, x("find") < -3_000, x("set") < -3_000, x("stop") < -3_000]).toEqual([true, true, true, true]);
  });

  it("puts the good way on the left, however it was drawn", () => {
    const found = places(arranged(flow("if:false>find", "if:true>send")));
    expect(found.get("send")?.x).toBeLessThan(found.get("find")?.x ?? 0);
  });

  it.each([
    ["that skip a step", ["start>if", "if:true>send", "send>set", "if:false>set"]],
    ["that want the opposite", ["start>if", "start>if_2", "if:true>send", "if:false>find", "if_2:true>find", "if_2:false>send"]],
    ["that meet at once", ["start>if", "if:true>send", "if:false>send"]],
    ["in a circle", ["send>find", "find>send"]],
  ])("copes with ways %s", (_, given) => {
    const found = [...places(arranged(flow(...given))).values()];
    expect(found.every((place) => Number.isFinite(place.x) && Number.isFinite(place.y))).toBe(true);
  });

  it("is the same each time", () => {
    expect(arranged(arranged(drawing))).toEqual(arranged(drawing));
  });

  it("shows what undo comes back to as it was shown before", () => {
    const [before, after] = [flow("start>send"), flow("start>if", "if:true>send")];
    const shown = [before, after].map((one) => places(placed(one)));
    expect([before, after].map((one) => places(placed(one)))).toEqual(shown);
    expect(shown[0]?.get("send")).not.toEqual(shown[1]?.get("send"));
  });

  it("takes three hundred steps", () => {
    const lines = Array.from({ length: 299 }, (_, index) => `send_${index}>send_${index + 1}`);
    expect(places(arranged(flow(...lines))).size).toBe(300);
  });
});
