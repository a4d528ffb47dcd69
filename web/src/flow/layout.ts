/** Where steps stand: from the top to the bottom, and what a person has moved stays where it is. */

import { type Drawing, type FlowNode, type Position } from "./drawing";
import { graphOf, inOrder, into } from "./graph";
import { idealPlaces } from "./ideal";
import { BETWEEN_ROWS, NODE_HEIGHT, NODE_WIDTH } from "./sizes";

/** `all`: also what was moved ("tidy up"). Positions are the upper left corners. */
export function arranged(drawing: Drawing, { all = false } = {}): Drawing {
  const ideal = idealPlaces(drawing);
  const kept = new Map(
    all ? [] : drawing.nodes.flatMap((node): [string, Position][] => (node.moved && node.position !== null ? [[node.id, node.position]] : [])),
  );
  const places = new Map(kept);
  const anchors = anchorsOf(drawing, kept);
  for (const [id, anchor] of anchors) {
    if (places.has(id)) continue;
    const place = ideal.get(id) ?? { x: 0, y: 0 };
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

/** In their order, all steps, each with the nearest one before it that stays where it is. */
function anchorsOf(drawing: Drawing, kept: ReadonlyMap<string, Position>): Map<string, string | undefined> {
  const graph = graphOf(drawing);
  const anchors = new Map<string, string | undefined>();
  const distances = new Map<string, number>();
  for (const id of inOrder(drawing, graph)) {
    const nearest = into(graph, id).reduce<{ readonly anchor: string | undefined; readonly distance: number }>(
      (best, { source }) => {
        const distance = kept.has(source) ? 1 : (distances.get(source) ?? Infinity) + 1;
        return distance < best.distance ? { anchor: kept.has(source) ? source : anchors.get(source), distance } : best;
      },
      { anchor: undefined, distance: Infinity },
    );
    anchors.set(id, nearest.anchor);
    distances.set(id, nearest.distance);
  }
  return anchors;
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
    const inTheWay = firstIn(taken, place);
    if (inTheWay === undefined) return place;
    place = { x: place.x, y: inTheWay.y + NODE_HEIGHT + BETWEEN_ROWS };
  }
}

function firstIn(taken: ReadonlyMap<string, Position>, place: Position): Position | undefined {
  for (const other of taken.values()) {
    if (overlaps(place, other)) return other;
  }
  return undefined;
}

function overlaps(a: Position, b: Position): boolean {
  return Math.abs(a.x - b.x) < NODE_WIDTH && Math.abs(a.y - b.y) < NODE_HEIGHT;
}

function difference(a: Position | undefined, b: Position | undefined): Position {
  return a === undefined || b === undefined ? { x: 0, y: 0 } : { x: a.x - b.x, y: a.y - b.y };
}
