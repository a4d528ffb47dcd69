/** Where steps stand: from the top to the bottom, and what a person has moved stays where it is. */

import { type Drawing, type FlowNode, type Position } from "./drawing";
import { ancestors, graphOf, inOrder } from "./graph";
import { idealPlaces } from "./ideal";
import { BETWEEN_ROWS, NODE_HEIGHT, NODE_WIDTH } from "./sizes";

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
