/** Where steps would stand if nobody had moved any: piece by piece, because dagre takes the square of the time for twice the steps. */

import { Graph as Dagre, layout as dagreLayout, type OrderConstraint } from "@dagrejs/dagre";

import type { Drawing, Position } from "./drawing";
import { type Piece, piecesOf, type Way } from "./pieces";
import { BETWEEN_COLUMNS, BETWEEN_ROWS, GRID, NODE_HEIGHT, NODE_WIDTH } from "./sizes";

/** Upper left corners. */
export function idealPlaces(drawing: Drawing): Map<string, Position> {
  const columns = new Map<string, number>();
  const rows = new Map<string, number>();
  let below = 0;
  for (const piece of piecesOf(drawing)) {
    const spots = spotsOf(piece);
    const hung = piece.strands.findIndex((strand) => strand.id === piece.root);
    const shift = piece.root === null ? 0 : (columns.get(piece.root) ?? 0) - (spots[hung]?.x ?? 0);
    // A row of strands is as high as the longest of them.
    for (const y of [...new Set(spots.map((spot) => spot.y))].sort((a, b) => a - b)) {
      const inRow = piece.strands.filter(({ id }, index) => spots[index]?.y === y && id !== piece.root);
      for (const strand of inRow) {
        const x = (spots[piece.strands.indexOf(strand)]?.x ?? 0) + shift;
        for (const [step, id] of strand.steps.entries()) {
          columns.set(id, x);
          rows.set(id, below + step);
        }
      }
      below += Math.max(0, ...inRow.map((strand) => strand.steps.length));
    }
  }
  const left = Math.min(...columns.values());
  return new Map([...columns].map(([id, x]) => [id, { x: onGrid(x - left), y: (rows.get(id) ?? 0) * (NODE_HEIGHT + BETWEEN_ROWS) }]));
}

// Pieces are much alike, and an edit makes one or two anew.
const MOST_REMEMBERED = 500;
const laidOut = new Map<string, readonly Position[]>();

/** The middle of each strand as if it were one step, in the order of the strands. */
function spotsOf(piece: Piece): readonly Position[] {
  const numbers = new Map(piece.strands.map(({ id }, index) => [id, index]));
  const ways = piece.ways.map(({ source, target, handle }): [number, number, number] => [numbers.get(source) ?? 0, numbers.get(target) ?? 0, weight(handle)]);
  const key = JSON.stringify([piece.strands.length, ways]);
  const known = laidOut.get(key);
  if (known !== undefined) return known;
  const spots = laidOutBy(piece);
  if (laidOut.size >= MOST_REMEMBERED) laidOut.clear();
  laidOut.set(key, spots);
  return spots;
}

function laidOutBy({ strands, ways }: Piece): readonly Position[] {
  const byDagre = (constraints: OrderConstraint[]) => {
    const graph = new Dagre({ multigraph: true });
    graph.setGraph({ rankdir: "TB", ranksep: BETWEEN_ROWS, nodesep: BETWEEN_COLUMNS });
    graph.setDefaultEdgeLabel(() => ({}));
    for (const { id } of strands) graph.setNode(id, { width: NODE_WIDTH, height: NODE_HEIGHT });
    for (const [index, way] of ways.entries()) graph.setEdge(way.source, way.target, {}, String(index));
    dagreLayout(graph, { constraints });
    return strands.map(({ id }) => {
      const { x, y } = graph.node(id) as Position;
      return { x, y };
    });
  };
  const constraints = constraintsOf(ways);
  try {
    return byDagre(constraints);
  } catch (error) {
    // Of many ways that cross, it cannot keep all in order.
    if (constraints.length === 0) throw error;
    return byDagre([]);
  }
}

// Of two ways of a step, the good one is on the left; others in the order in which they were drawn.
const FAR_RIGHT = ["false", "rejected", "timed_out", "low_confidence", "default", "done", "error"];

/** Dagre has no opinion on which of two ways is on the left. */
function constraintsOf(ways: readonly Way[]): OrderConstraint[] {
  return [...new Set(ways.map((way) => way.source))].flatMap((id) => {
    const targets = ways
      .filter((way) => way.source === id)
      .sort((a, b) => weight(a.handle) - weight(b.handle))
      .map((way) => way.target);
    return targets.flatMap((right, index) => targets.slice(Math.max(0, index - 1), index).map((left) => ({ left, right })));
  });
}

function weight(handle: string | null): number {
  return handle === null ? -1 : FAR_RIGHT.indexOf(handle);
}

function onGrid(value: number): number {
  return Math.round(value / GRID) * GRID;
}
