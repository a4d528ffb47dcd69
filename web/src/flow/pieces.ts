/** A drawing in pieces that can be laid out each by itself, because all ways from one to the next lead through one step. */

import type { Drawing } from "./drawing";
import { inOrder } from "./graph";

/** Steps that follow each other straight down, as the first of them. */
export interface Strand {
  readonly id: string;
  readonly steps: readonly string[];
}

export interface Way {
  readonly source: string;
  readonly target: string;
  readonly handle: string | null;
}

export interface Piece {
  /** The first one hangs on the piece above, and stands there already; null: nothing is above. */
  readonly root: string | null;
  readonly strands: readonly Strand[];
  /** Between strands, by their ids. */
  readonly ways: readonly Way[];
}

/** From the top to the bottom. What runs in a circle has neither, and is one piece. */
export function piecesOf(drawing: Drawing): readonly Piece[] {
  const known = new Set(drawing.nodes.map((node) => node.id));
  const ways = drawing.edges
    .filter((edge) => known.has(edge.source) && known.has(edge.target))
    .map(({ source, target, sourceHandle }) => ({ source, target, handle: sourceHandle }));
  const order = inOrder(drawing);
  const ranks = ranksOf(order, ways);
  const single = drawing.nodes.map(({ id }) => ({ id, steps: [id] }));
  return ranks === null ? [{ root: null, strands: single, ways }] : cut(...straightened(drawing, ways, ranks));
}

/** How many steps at most are before each; null: in a circle there is no such number. */
function ranksOf(order: readonly string[], ways: readonly Way[]): Map<string, number> | null {
  const places = new Map(order.map((id, index) => [id, index]));
  const place = (id: string) => places.get(id) ?? 0;
  if (ways.some((way) => place(way.source) >= place(way.target))) return null;
  const ranks = new Map(order.map((id) => [id, 0]));
  for (const { source, target } of [...ways].sort((a, b) => place(a.source) - place(b.source))) {
    ranks.set(target, Math.max(ranks.get(target) ?? 0, (ranks.get(source) ?? 0) + 1));
  }
  return ranks;
}

/** A row in which every step only goes on straight from one of the row above needs no look: it stands as that does. */
function straightened(drawing: Drawing, ways: readonly Way[], ranks: ReadonlyMap<string, number>): [readonly Strand[], readonly Way[], Map<string, number>] {
  const rank = (id: string) => ranks.get(id) ?? 0;
  const above = new Map<string, string | null>();
  const waysOut = new Map<string, number>();
  // A line past the row that begins beside it would have no room there.
  const passed = new Set<number>();
  for (const { source, target } of ways) {
    above.set(target, above.has(target) ? null : source);
    waysOut.set(source, (waysOut.get(source) ?? 0) + 1);
    if (rank(target) > rank(source) + 1) passed.add(rank(source) + 1);
  }
  const rows = new Map<number, string[]>();
  for (const { id } of drawing.nodes) rows.set(rank(id), [...(rows.get(rank(id)) ?? []), id]);
  const heads = new Map(drawing.nodes.map(({ id }) => [id, id]));
  const steps = new Map<string, string[]>(drawing.nodes.map(({ id }) => [id, [id]]));
  for (const [row, ids] of [...rows].sort(([a], [b]) => a - b)) {
    const from = ids.map((id) => above.get(id) ?? null);
    if (row === 0 || passed.has(row) || from.some((id) => id === null || waysOut.get(id) !== 1)) continue;
    for (const [index, id] of ids.entries()) {
      const head = heads.get(from[index] ?? id) ?? id;
      heads.set(id, head);
      steps.get(head)?.push(id);
    }
  }
  const head = (id: string) => heads.get(id) ?? id;
  const strands = drawing.nodes.flatMap(({ id }) => (head(id) === id ? [{ id, steps: steps.get(id) ?? [id] }] : []));
  const between = ways.filter((way) => head(way.target) === way.target).map((way) => ({ ...way, source: head(way.source) }));
  const order = strands.map(({ id }) => id).sort((a, b) => rank(a) - rank(b));
  return [strands, between, ranksOf(order, between) ?? new Map<string, number>()];
}

/** Below each row from which all ways go on from the same step, and past which none leads. */
function cut(strands: readonly Strand[], ways: readonly Way[], ranks: ReadonlyMap<string, number>): readonly Piece[] {
  const rank = (id: string) => ranks.get(id) ?? 0;
  const last = Math.max(0, ...ranks.values());
  const gates: (string | null | undefined)[] = Array.from({ length: last });
  for (const { source, target } of ways) {
    const row = rank(source);
    gates[row] = gates[row] === undefined || gates[row] === source ? source : null;
    for (let past = row + 1; past < rank(target); past++) gates[past] = null;
  }
  const pieceOf: number[] = [];
  const roots: (string | null)[] = [null];
  for (let row = 0; row <= last; row++) {
    pieceOf.push(roots.length - 1);
    const gate = gates[row];
    if (typeof gate === "string") roots.push(gate);
  }
  const mine: { strands: Strand[]; ways: Way[] }[] = roots.map((root) => ({ strands: strands.filter((one) => one.id === root), ways: [] }));
  for (const strand of strands) mine[pieceOf[rank(strand.id)] ?? 0]?.strands.push(strand);
  for (const way of ways) mine[pieceOf[rank(way.target)] ?? 0]?.ways.push(way);
  return mine.map((piece, index) => ({ root: roots[index] ?? null, ...piece }));
}
