import { Graph, layout } from "@dagrejs/dagre";
import { describe, expect, it } from "vitest";

import type { Drawing, Position } from "./drawing";
import { idealPlaces } from "./ideal";
import { GRID, NODE_HEIGHT, NODE_WIDTH } from "./sizes";
import { flow } from "./testFlows";

/** All of it at once, the way that is drawn first on the left. */
function atOnce(drawing: Drawing): Map<string, Position> {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: "TB", ranksep: 76, nodesep: 48 });
  for (const { id } of drawing.nodes) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const edge of drawing.edges) graph.setEdge(edge.source, edge.target, {}, edge.id);
  const ways = drawing.nodes.map(({ id }) => drawing.edges.filter((edge) => edge.source === id).map((edge) => edge.target));
  layout(graph, { constraints: ways.flatMap(([left, right]) => (left === undefined || right === undefined ? [] : [{ left, right }])) });
  return new Map(drawing.nodes.map(({ id }) => {
    const { x, y } = graph.node(id) as Position;
    return [id, { x: Math.round((x - NODE_WIDTH / 2) / GRID) * GRID, y: y - NODE_HEIGHT / 2 }];
  }));
}

/** The same for the same number: of up to 28 steps, most with one way in, some with two or none. */
function anyFlow(number: number): Drawing {
  let state = number * 7_919 + 13;
  const random = () => (state = (state * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
  const count = 3 + Math.floor(random() * 25);
  const lines = Array.from({ length: count - 1 }, (_, index) => {
    const chance = random();
    const ways = chance < 0.8 ? 1 : chance < 0.95 ? 2 : 0;
    const sources = new Set(Array.from({ length: ways }, () => Math.max(0, index - Math.floor(random() * random() * 6))));
    const own = [...sources].map((source) => `if_${source}:${random() < 0.5 ? "true" : "false"}>if_${index + 1}`);
    return own.length === 0 ? [`if_${index + 1}`] : own;
  });
  return flow("if_0", ...lines.flat());
}

describe("where steps would stand", () => {
  it.each([
    ["a chain", ["start>send", "send>find", "find>set"]],
    ["ways that meet", ["start>if", "if:true>send", "if:false>find", "send>set", "find>set", "set>stop"]],
    ["a way past steps", ["start>if", "if:true>send", "send>send_2", "send_2>set", "if:false>set", "set>stop"]],
    ["ways that end", ["if:true>if_2", "if:false>stop", "if_2:true>if_3", "if_2:false>stop_2", "if_3:true>send", "if_3:false>stop_3"]],
    ["long ways side by side", ["if:true>send", "if:false>find", "send>send_2", "find>find_2", "send_2>send_3", "find_2>stop"]],
  ])("is the same in pieces as at once: %s", (_, lines) => {
    const drawing = flow(...lines);
    expect(idealPlaces(drawing)).toEqual(atOnce(drawing));
  });

  it("is nowhere on another step, and always below what comes before", () => {
    for (let number = 0; number < 300; number++) {
      const drawing = anyFlow(number);
      const places = idealPlaces(drawing);
      const all = drawing.nodes.map(({ id }) => places.get(id) ?? { x: NaN, y: NaN });
      const overlaps = all.flatMap((a, index) => all.slice(index + 1).filter((b) => !(Math.abs(a.x - b.x) >= NODE_WIDTH || Math.abs(a.y - b.y) >= NODE_HEIGHT)));
      const upwards = drawing.edges.filter(({ source, target }) => !((places.get(source)?.y ?? NaN) < (places.get(target)?.y ?? NaN)));
      expect([number, overlaps, upwards]).toEqual([number, [], []]);
    }
  });
});
