/** Where steps stand: from the top to the bottom, and what a person has moved stays where it is. */

import { Graph as Dagre, layout as dagreLayout, type OrderConstraint } from "@dagrejs/dagre";

import { type Drawing, type FlowNode, type Position } from "./drawing";
import { ancestors, graphOf, inOrder, outOf } from "./graph";

export const NODE_WIDTH = 280;
export const NODE_HEIGHT = 76;
const BETWEEN_ROWS = 76;
const BETWEEN_COLUMNS = 48;
const GRID = 4;

/** `all`: also what was moved ("tidy up"). Positions are the upper left corners. */
export function arranged(drawing: Drawing, { all = false } = {}): Drawing {
  const ideal = idealPlaces(drawing);
  const kept = new Map(
    all ? [] : drawing.nodes.flatMap((node): [string, Position][] => (node.moved && node.position !== null ? [[node.id, node.position]] : [])),
  );
  const places = new Map(kept);
  const graph = graphOf(drawing);
  for (const id of inOrder(drawing, graph)) {
    if (places.has(id)) continue;
    const place = ideal.get(id) ?? { x: 0, y: 0 };
    // Of many steps, to look at all that come before each takes long.
    const anchor = kept.size === 0 ? undefined : ancestors(graph, id).find((one) => kept.has(one));
    const shift = anchor === undefined ? { x: 0, y: 0 } : difference(kept.get(anchor), ideal.get(anchor));
    places.set(id, freePlace({ x: place.x + shift.x, y: place.y + shift.y }, places));
  }
  const nodes = drawing.nodes.map((node): FlowNode => {
    const position = places.get(node.id) ?? node.position;
    const isSame = node.position?.x === position?.x && node.position?.y === position?.y && !(all && node.moved);
    return isSame ? node : { ...node, position, moved: all ? false : node.moved };
  });
  const done = { ...drawing, nodes };
  remember(done);
  return done;
}

// What was arranged last is shown next, and undo and redo come back to what was arranged before.
const MOST_REMEMBERED = 20;
const arrangements = new Map<string, Drawing>();

function remember(done: Drawing): void {
  const key = keyOf(done);
  arrangements.delete(key);
  arrangements.set(key, done);
  const [oldest] = arrangements.keys();
  if (oldest !== undefined && arrangements.size > MOST_REMEMBERED) arrangements.delete(oldest);
}

/** As it is shown. Where a person has moved a step, everything stays where it is stored until the flow is another. */
export function placed(drawing: Drawing): Drawing {
  if (drawing.nodes.every((node) => node.position !== null) && drawing.nodes.some((node) => node.moved)) return drawing;
  // Not once more for each letter that is typed into a field of a step.
  const arrangement = arrangements.get(keyOf(drawing)) ?? arranged(drawing);
  const places = new Map(arrangement.nodes.map((node) => [node.id, node.position]));
  return { ...drawing, nodes: drawing.nodes.map((node) => withPlace(node, places.get(node.id) ?? null)) };
}

function keyOf({ nodes, edges }: Drawing): string {
  return JSON.stringify([
    nodes.map(({ id, position, moved }) => [id, moved ? position : null]),
    edges.map(({ source, sourceHandle, target }) => [source, sourceHandle, target]),
  ]);
}

function withPlace(node: FlowNode, place: Position | null): FlowNode {
  return node.position?.x === place?.x && node.position?.y === place?.y ? node : { ...node, position: place };
}

function idealPlaces(drawing: Drawing): Map<string, Position> {
  const graph = new Dagre({ multigraph: true });
  graph.setGraph({ rankdir: "TB", ranksep: BETWEEN_ROWS, nodesep: BETWEEN_COLUMNS });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of drawing.nodes) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  for (const edge of drawing.edges) graph.setEdge(edge.source, edge.target, {}, edge.id);
  dagreLayout(graph, { constraints: constraintsOf(drawing) });
  return new Map(
    drawing.nodes.map((node) => {
      const { x, y } = graph.node(node.id) as Position;
      return [node.id, { x: onGrid(x - NODE_WIDTH / 2), y: onGrid(y - NODE_HEIGHT / 2) }];
    }),
  );
}

// Of two ways of a step, the good one is on the left; others in the order in which they were drawn.
const FAR_RIGHT = ["false", "rejected", "timed_out", "low_confidence", "default", "done", "error"];

/** Dagre has no opinion on which of two ways is on the left. */
function constraintsOf(drawing: Drawing): OrderConstraint[] {
  const graph = graphOf(drawing);
  return drawing.nodes.flatMap(({ id }) => {
    const targets = [...outOf(graph, id)].sort((a, b) => rank(a.sourceHandle) - rank(b.sourceHandle)).map((edge) => edge.target);
    return targets.flatMap((right, index) => targets.slice(Math.max(0, index - 1), index).map((left) => ({ left, right })));
  });
}

function rank(handle: string | null): number {
  return handle === null ? -1 : FAR_RIGHT.indexOf(handle);
}

/** Further down, until nothing is in the way. */
function freePlace(wanted: Position, taken: ReadonlyMap<string, Position>): Position {
  let place = wanted;
  for (;;) {
    const inTheWay = [...taken.values()].find((other) => overlaps(place, other));
    if (inTheWay === undefined) return place;
    place = { x: place.x, y: inTheWay.y + NODE_HEIGHT + BETWEEN_ROWS };
  }
}

function overlaps(a: Position, b: Position): boolean {
  return Math.abs(a.x - b.x) < NODE_WIDTH && Math.abs(a.y - b.y) < NODE_HEIGHT;
}

function difference(a: Position | undefined, b: Position | undefined): Position {
  return a === undefined || b === undefined ? { x: 0, y: 0 } : { x: a.x - b.x, y: a.y - b.y };
}

function onGrid(value: number): number {
  return Math.round(value / GRID) * GRID;
}
