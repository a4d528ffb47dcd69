/** Which lines may be drawn, and drawing them. */

import { type Catalogue, ERROR, handlesOf, handleUsed } from "./catalogue";
import { type Drawing, edgeId, type FlowEdge, isTrigger, nodeOf } from "./drawing";
import { bodyOf, descendants, EACH, type Graph, graphOf, LOOP } from "./graph";

export interface Connection {
  readonly source: string;
  readonly handle: string | null;
  readonly target: string;
}

export type Refusal = "missing" | "itself" | "into_trigger" | "no_handle" | "twice" | "circle" | "out_of_loop" | "into_loop";

/** Why a line may not be drawn; null: it may. The server judges the same when the draft is validated. */
export function refusalOf(drawing: Drawing, catalogue: Catalogue, wanted: Connection): Refusal | null {
  const source = nodeOf(drawing, wanted.source);
  const target = nodeOf(drawing, wanted.target);
  if (source === null || target === null) return "missing";
  if (source.id === target.id) return "itself";
  if (isTrigger(target)) return "into_trigger";
  const handle = handleUsed(source, wanted.handle, catalogue);
  if (handle === null || !handlesOf(source, catalogue).includes(handle)) return "no_handle";
  if (drawing.edges.some((edge) => isSame(drawing, catalogue, edge, { ...wanted, handle }))) return "twice";
  const graph = graphOf(drawing);
  if (descendants(graph, target.id).includes(source.id)) return "circle";
  return acrossLoops(drawing, graph, { ...wanted, handle });
}

/** With the line; as it was where that is refused. */
export function connect(drawing: Drawing, catalogue: Catalogue, wanted: Connection): Drawing {
  if (refusalOf(drawing, catalogue, wanted) !== null) return drawing;
  return { ...drawing, edges: [...drawing.edges, newEdge(drawing, wanted)] };
}

export function newEdge(drawing: Drawing, { source, handle, target }: Connection): FlowEdge {
  const taken = new Set(drawing.edges.map((edge) => edge.id));
  const plain = edgeId(source, handle, target);
  let id = plain;
  for (let number = 2; taken.has(id); number += 1) id = `${plain}-${number}`;
  return { id, source, target, sourceHandle: handle, rest: {} };
}

/** Handles of a step that lead nowhere yet: where the canvas shows a `+`. `error` may stay free. */
export function freeHandles(drawing: Drawing, catalogue: Catalogue, id: string): string[] {
  return freeHandlesOf(drawing, catalogue).get(id) ?? [];
}

/** The same of all steps at once, by id. */
export function freeHandlesOf(drawing: Drawing, catalogue: Catalogue): Map<string, string[]> {
  const out = graphOf(drawing).out;
  return new Map(
    drawing.nodes.map((node) => {
      const used = new Set((out.get(node.id) ?? []).map((edge) => handleUsed(node, edge.sourceHandle, catalogue)));
      return [node.id, handlesOf(node, catalogue).filter((handle) => handle !== ERROR && !used.has(handle))];
    }),
  );
}

/** With one end of a line, or both, elsewhere; the refusal where that may not be. */
export function reconnected(drawing: Drawing, catalogue: Catalogue, edge: string, wanted: Connection): Drawing | Refusal {
  const without = { ...drawing, edges: drawing.edges.filter((one) => one.id !== edge) };
  return refusalOf(without, catalogue, wanted) ?? connect(without, catalogue, wanted);
}

function isSame(drawing: Drawing, catalogue: Catalogue, edge: FlowEdge, wanted: Connection): boolean {
  const source = nodeOf(drawing, edge.source);
  return (
    edge.source === wanted.source &&
    edge.target === wanted.target &&
    source !== null &&
    handleUsed(source, edge.sourceHandle, catalogue) === wanted.handle
  );
}

/** A body is closed: only `each` of its loop leads into it, and nothing out of it. */
function acrossLoops(drawing: Drawing, graph: Graph, { source, handle, target }: Connection): Refusal | null {
  for (const loop of drawing.nodes.filter((node) => node.type === LOOP)) {
    const body = bodyOf(graph, loop.id);
    if (source === loop.id) {
      if (handle !== EACH && body.has(target)) return "into_loop";
      if (handle === EACH && !body.has(target) && graph.in.has(target)) return "into_loop";
      continue;
    }
    if (body.has(source) && !body.has(target) && (target === loop.id || graph.in.has(target))) return "out_of_loop";
    if (!body.has(source) && body.has(target)) return "into_loop";
  }
  return null;
}
