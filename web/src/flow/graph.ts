/** Who comes before whom in a drawing. */

import type { Drawing, FlowEdge } from "./drawing";

export interface Graph {
  readonly out: ReadonlyMap<string, readonly FlowEdge[]>;
  readonly in: ReadonlyMap<string, readonly FlowEdge[]>;
}

export const LOOP = "logic-loop";
export const EACH = "each";

export function graphOf(drawing: Drawing): Graph {
  return { out: grouped(drawing.edges, (edge) => edge.source), in: grouped(drawing.edges, (edge) => edge.target) };
}

export function outOf(graph: Graph, id: string): readonly FlowEdge[] {
  return graph.out.get(id) ?? [];
}

export function into(graph: Graph, id: string): readonly FlowEdge[] {
  return graph.in.get(id) ?? [];
}

/** All that can have run before it, the nearest first; not itself. */
export function ancestors(graph: Graph, id: string): string[] {
  return reached(id, (one) => into(graph, one).map((edge) => edge.source));
}

/** All that may run after it, the nearest first; not itself. */
export function descendants(graph: Graph, id: string): string[] {
  return reached(id, (one) => outOf(graph, one).map((edge) => edge.target));
}

/** What a loop repeats: what is reached from `each`, and not from any of its other handles. */
export function bodyOf(graph: Graph, loop: string): ReadonlySet<string> {
  const edges = outOf(graph, loop);
  const from = (chosen: readonly FlowEdge[]) =>
    new Set(chosen.flatMap((edge) => [edge.target, ...descendants(graph, edge.target)]));
  const after = from(edges.filter((edge) => edge.sourceHandle !== EACH));
  return new Set([...from(edges.filter((edge) => edge.sourceHandle === EACH))].filter((id) => !after.has(id)));
}

/** The loops in whose body a step is, the outermost first. */
export function loopsAround(drawing: Drawing, graph: Graph, id: string): string[] {
  const around = drawing.nodes.filter((node) => node.type === LOOP && node.id !== id);
  const bodies = around.map((node) => ({ id: node.id, body: bodyOf(graph, node.id) }));
  return bodies
    .filter((one) => one.body.has(id))
    .sort((a, b) => b.body.size - a.body.size)
    .map((one) => one.id);
}

/** Ids in an order in which each comes after all that are before it; those in a circle come last. */
export function inOrder(drawing: Drawing, graph: Graph = graphOf(drawing)): string[] {
  const open = new Map(drawing.nodes.map((node) => [node.id, into(graph, node.id).length]));
  const ready = drawing.nodes.filter((node) => open.get(node.id) === 0).map((node) => node.id);
  const order: string[] = [];
  for (let id = ready.shift(); id !== undefined; id = ready.shift()) {
    order.push(id);
    for (const edge of outOf(graph, id)) {
      const left = (open.get(edge.target) ?? 0) - 1;
      open.set(edge.target, left);
      if (left === 0) ready.push(edge.target);
    }
  }
  const done = new Set(order);
  return [...order, ...drawing.nodes.map((node) => node.id).filter((id) => !done.has(id))];
}

// `Map.groupBy` is younger than the oldest Node that builds this.
function grouped(edges: readonly FlowEdge[], by: (edge: FlowEdge) => string): Map<string, FlowEdge[]> {
  const groups = new Map<string, FlowEdge[]>();
  for (const edge of edges) {
    const group = groups.get(by(edge));
    if (group === undefined) groups.set(by(edge), [edge]);
    else group.push(edge);
  }
  return groups;
}

function reached(start: string, next: (id: string) => string[]): string[] {
  const seen = new Set([start]);
  const queue = [start];
  for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
    for (const one of next(id)) {
      if (seen.has(one)) continue;
      seen.add(one);
      queue.push(one);
    }
  }
  seen.delete(start);
  return [...seen];
}
