import { describe, expect, it } from "vitest";

import { type JsonObject, parseDrawing, writeEdges, writeNodes } from "./drawing";

describe("a drawing", () => {
  it("keeps what it does not know", () => {
    const nodes: JsonObject[] = [
      {
        id: "a",
        type: "trigger-manual",
        position: { x: 1, y: 2 },
        width: 10,
        data: { label: "Start", config: { record: "lead" }, note: "mine", retries: { attempts: 3 } },
      },
      { id: "b", type: "of-another-package", data: { config: {}, disabled: true, moved: true } },
    ];
    const edges: JsonObject[] = [{ id: "e", source: "a", target: "b", sourceHandle: "out", animated: true }];
    const drawing = parseDrawing(nodes, edges);
    expect(writeNodes(drawing)).toEqual(nodes);
    expect(writeEdges(drawing)).toEqual(edges);
  });

  it("is read whatever is stored", () => {
    const nodes = [null, 1, {}, { id: "", type: "x" }, { id: "a" }, { id: "a", type: "x", position: { x: null }, data: 3 }, { id: "a", type: "y" }];
    const edges = [null, { source: "a" }, { source: "a", target: "gone" }, { source: "a", target: "a" }];
    const drawing = parseDrawing(nodes, edges);
    expect(drawing.nodes.map((node) => [node.id, node.type, node.position])).toEqual([["a", "x", null]]);
    expect(drawing.edges.map((edge) => edge.id)).toEqual(["a-a"]);
  });
});
