/** A drawing as a list with indents: for those who do not see it, and for a first look. */

import { type Catalogue, handleUsed } from "./catalogue";
import { type Drawing, type FlowNode, nodeOf } from "./drawing";
import { graphOf, inOrder, into, outOf } from "./graph";
import { placed } from "./layout";
import { wayInWords } from "./wayWords";

export interface OutlineStep {
  readonly node: FlowNode;
  readonly depth: number;
  /** The way that leads here, where there is a choice. */
  readonly way: string | null;
  /** It was listed before: ways come together. */
  readonly again: boolean;
}

export function outlineOf(drawing: Drawing, catalogue: Catalogue): OutlineStep[] {
  const graph = graphOf(drawing);
  // From left to right, as the canvas has them.
  const left = new Map(placed(drawing).nodes.map((node) => [node.id, node.position?.x ?? 0]));
  const listed = new Set<string>();
  const steps: OutlineStep[] = [];

  function list(id: string, depth: number, way: string | null): void {
    const node = nodeOf(drawing, id);
    if (node === null) return;
    const again = listed.has(id);
    steps.push({ node, depth, way, again });
    if (again) return;
    listed.add(id);
    const edges = [...outOf(graph, id)].sort((a, b) => (left.get(a.target) ?? 0) - (left.get(b.target) ?? 0));
    const branches = edges.length > 1 || (edges[0]?.sourceHandle ?? null) !== null;
    for (const edge of edges) {
      const handle = branches ? handleUsed(node, edge.sourceHandle, catalogue) : null;
      list(edge.target, branches ? depth + 1 : depth, handle === null || handle === "out" ? null : wayInWords(node, handle));
    }
  }

  for (const id of inOrder(drawing, graph)) if (into(graph, id).length === 0) list(id, 0, null);
  for (const { id } of drawing.nodes) if (!listed.has(id)) list(id, 0, null);
  return steps;
}
