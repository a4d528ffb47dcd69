import { describe, expect, it } from "vitest";

import { inserted, placeAfter, replaced } from "./insert";
import { CATALOGUE, flow, lines } from "./testFlows";

describe("a new step", () => {
  it("goes after the selected one, else to the last free end", () => {
    const drawing = flow("start>if", "if:true>send");
    expect(placeAfter(drawing, CATALOGUE, "if")).toEqual({ kind: "after", source: "if", handle: "false" });
    expect(placeAfter(drawing, CATALOGUE, "start")).toEqual({ kind: "edge", edge: "start-if" });
    expect(placeAfter(drawing, CATALOGUE, null)).toEqual({ kind: "after", source: "send", handle: "out" });
    expect(placeAfter(flow("start>stop"), CATALOGUE, "stop")).toEqual({ kind: "free" });
  });

  it("is given a place, and stays where it was dropped", () => {
    const { drawing, id } = inserted(flow("start>send"), CATALOGUE, "action-find-records", { kind: "after", source: "send", handle: "out" });
    expect(lines(drawing)).toEqual(["start>send", "send:out>find_records"]);
    expect(drawing.nodes.every((node) => node.position !== null && !node.moved)).toBe(true);
    const dropped = inserted(drawing, CATALOGUE, "logic-stop", { kind: "after", source: id, handle: "out", position: { x: 500, y: 80 } });
    expect(dropped.drawing.nodes.at(-1)).toMatchObject({ position: { x: 500, y: 80 }, moved: true });
    expect(lines(dropped.drawing)).toContain("find_records:out>stop");
  });

  it("that is a trigger comes before all", () => {
    const { drawing, id } = inserted(flow("send>find"), CATALOGUE, "trigger-event", { kind: "free" });
    expect(drawing.nodes[0]?.id).toBe(id);
    expect(lines(drawing)).toEqual(["send>find", "record_event:out>send"]);
  });
});

describe("a step of another type", () => {
  it("keeps its id and its lines", () => {
    const drawing = replaced(flow("start>if", "if:true>send", "if:false>find"), CATALOGUE, "if", "transform-set-variable");
    expect(drawing.nodes.find((node) => node.id === "if")?.type).toBe("transform-set-variable");
    expect(lines(drawing)).toEqual(["start>if", "if:out>send", "if:out>find"]);
    expect(lines(replaced(flow("start>send", "send>find"), CATALOGUE, "send", "logic-stop"))).toEqual(["start>send"]);
  });
});
