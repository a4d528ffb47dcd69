/** Where a new step goes, and what the drawing is with it there. */

import { type Catalogue, ERROR, handlesOf, handleUsed } from "./catalogue";
import { freeHandles } from "./connect";
import { connect } from "./connect";
import { type Drawing, type FlowNode, nodeOf, type Position } from "./drawing";
import { addAfter, addNode, type Added, insertOnEdge, newNode } from "./edit";
import { graphOf, inOrder, into } from "./graph";
import { arranged } from "./layout";

/** `position`: where it was dropped; without one the layout finds it a place. */
export type Place =
  | { readonly kind: "edge"; readonly edge: string }
  | { readonly kind: "after"; readonly source: string; readonly handle: string | null; readonly position?: Position }
  | { readonly kind: "free"; readonly position?: Position };

/** With a step of this type there, and everything that nobody has moved arranged anew. */
export function inserted(drawing: Drawing, catalogue: Catalogue, type: string, place: Place): Added {
  const added = catalogue.get(type)?.trigger === true ? withTrigger(drawing, catalogue, type) : withStep(drawing, catalogue, type, place);
  return { ...added, drawing: arranged(added.drawing) };
}

function withStep(drawing: Drawing, catalogue: Catalogue, type: string, place: Place): Added {
  switch (place.kind) {
    case "edge":
      return insertOnEdge(drawing, catalogue, type, place.edge);
    case "after": {
      if (place.position === undefined) return addAfter(drawing, catalogue, type, place.source, place.handle);
      const { drawing: next, id } = addNode(drawing, catalogue, type, place.position);
      return { id, drawing: connect(next, catalogue, { source: place.source, handle: place.handle, target: id }) };
    }
    case "free":
      return addNode(drawing, catalogue, type, place.position ?? null);
  }
}

/** A trigger comes first, and before the first step where that has nothing before it. */
function withTrigger(drawing: Drawing, catalogue: Catalogue, type: string): Added {
  const node = newNode(drawing, catalogue, type);
  const graph = graphOf(drawing);
  const first = inOrder(drawing, graph).find((id) => into(graph, id).length === 0);
  const next = { ...drawing, nodes: [node, ...drawing.nodes] };
  const [handle = null] = handlesOf(node, catalogue);
  return { id: node.id, drawing: first === undefined ? next : connect(next, catalogue, { source: node.id, handle, target: first }) };
}

/** Where a step goes that somebody chose without saying where: after the selected one, else at the last free end. */
export function placeAfter(drawing: Drawing, catalogue: Catalogue, selected: string | null): Place {
  const node = selected === null ? null : nodeOf(drawing, selected);
  return node === null ? lastFreeEnd(drawing, catalogue) : after(drawing, catalogue, node);
}

function after(drawing: Drawing, catalogue: Catalogue, node: FlowNode): Place {
  const [free] = freeHandles(drawing, catalogue, node.id);
  if (free !== undefined) return { kind: "after", source: node.id, handle: free };
  const edge = drawing.edges.find((one) => one.source === node.id && handleUsed(node, one.sourceHandle, catalogue) !== ERROR);
  return edge === undefined ? { kind: "free" } : { kind: "edge", edge: edge.id };
}

function lastFreeEnd(drawing: Drawing, catalogue: Catalogue): Place {
  const order = inOrder(drawing).reverse();
  for (const id of order) {
    const [handle] = freeHandles(drawing, catalogue, id);
    if (handle !== undefined) return { kind: "after", source: id, handle };
  }
  return { kind: "free" };
}

/** The step as one of another type: its id stays, because templates name it, and so do the lines that can. */
export function replaced(drawing: Drawing, catalogue: Catalogue, id: string, type: string): Drawing {
  const node = nodeOf(drawing, id);
  if (node === null || node.type === type) return drawing;
  const { note } = node.dataRest;
  const next: FlowNode = { ...node, type, config: {}, dataRest: note === undefined ? {} : { note } };
  const ways = handlesOf(next, catalogue);
  const free = ways.filter((way) => way !== ERROR);
  const edges = drawing.edges.flatMap((edge) => {
    if (edge.source !== id) return [edge];
    const handle = handleUsed(node, edge.sourceHandle, catalogue);
    if (handle !== null && ways.includes(handle)) return [edge];
    const [first] = free;
    return first === undefined ? [] : [{ ...edge, sourceHandle: first }];
  });
  return arranged({ ...drawing, nodes: drawing.nodes.map((one) => (one.id === id ? next : one)), edges: once(edges) });
}

function once(edges: Drawing["edges"]): Drawing["edges"] {
  const seen = new Set<string>();
  return edges.filter((edge) => {
    const line = JSON.stringify([edge.source, edge.sourceHandle, edge.target]);
    return !seen.has(line) && seen.add(line);
  });
}
