/** What is certain of the steps before a step whenever it runs: which ran, and by which ways they may have left. The server has it alike. */

import { type Catalogue, ERROR, handlesOf, handleUsed } from "./catalogue";
import type { Drawing, FlowEdge, FlowNode } from "./drawing";
import { ancestors, EACH, type Graph, into, inOrder, LOOP, outOf } from "./graph";

const DONE = "done";
const JOIN = "logic-join";

export interface Ways {
  readonly hasRun: (id: string) => boolean;
  /** The ways by which a step may have left. */
  readonly leftBy: (id: string) => readonly string[];
}

/** Bits are those of the order. */
interface Known {
  readonly ran: bigint;
  /** Of steps whose way is known. */
  readonly left: ReadonlyMap<string, ReadonlySet<string>>;
}

const NOTHING: Known = { ran: 0n, left: new Map() };

/** All ways out of a step that can come about: `error` where a line leaves from it. */
export function possibleWays(node: FlowNode, catalogue: Catalogue, graph: Graph): string[] {
  const isHandled = outOf(graph, node.id).some((edge) => edge.sourceHandle === ERROR);
  return handlesOf(node, catalogue).filter((handle) => handle !== ERROR || isHandled);
}

export function waysTo(drawing: Drawing, catalogue: Catalogue, graph: Graph, id: string): Ways {
  const nodes = new Map(drawing.nodes.map((node) => [node.id, node]));
  const handles = new Map(drawing.nodes.map((node) => [node.id, possibleWays(node, catalogue, graph)]));
  const order = inOrder(drawing, graph);
  const bits = new Map(order.map((one, index) => [one, 1n << BigInt(index)]));
  const bitOf = (one: string) => bits.get(one) ?? 0n;
  const wayOf = ({ source, sourceHandle }: FlowEdge) => {
    const node = nodes.get(source);
    return node === undefined ? null : handleUsed(node, sourceHandle, catalogue);
  };

  // With a step surely run those that nothing but it decides on.
  const follow = new Map<string, bigint>();
  const ledTo = (source: string, handle: string | null) =>
    outOf(graph, source).reduce((all, edge) => (handle !== null && wayOf(edge) === handle ? all | (follow.get(edge.target) ?? 0n) : all), 0n);
  for (const one of [...order].reverse()) follow.set(one, bitOf(one) | ledTo(one, onlyWay(nodes.get(one), handles.get(one) ?? [])));

  const before = new Set([id, ...ancestors(graph, id)]);
  const found = new Map<string, Known>();
  for (const one of order.filter((each) => before.has(each))) {
    const node = nodes.get(one);
    const isFirstEnough = node?.type === JOIN && node.config["mode"] === "any";
    const taken = into(graph, one).map((edge): Known => {
      const way = wayOf(edge);
      const { ran, left } = found.get(edge.source) ?? NOTHING;
      const surely = ran | bitOf(edge.source) | ledTo(edge.source, way);
      // The others may still be under way when such a join runs.
      const seen = isFirstEnough ? [edge.source, ...ancestors(graph, edge.source)].reduce((all, each) => all | bitOf(each), 0n) : surely;
      return { ran: surely & seen, left: new Map([...left, [edge.source, new Set(way === null ? [] : [way])]]) };
    });
    found.set(one, either(taken));
  }
  const { ran, left } = found.get(id) ?? NOTHING;
  return {
    hasRun: (one) => (ran & bitOf(one)) !== 0n,
    leftBy: (one) => (handles.get(one) ?? []).filter((handle) => left.get(one)?.has(handle) ?? true),
  };
}

/** The way by which it leaves whatever happens. */
function onlyWay(node: FlowNode | undefined, handles: readonly string[]): string | null {
  if (node?.type === LOOP && !handles.includes(ERROR) && handles.includes(EACH)) return DONE;
  return handles.length === 1 ? (handles[0] ?? null) : null;
}

function either([first = NOTHING, ...others]: readonly Known[]): Known {
  return others.reduce(
    (one, other) => ({
      ran: one.ran & other.ran,
      left: new Map([...one.left].flatMap(([id, ways]) => (other.left.has(id) ? [[id, new Set([...ways, ...(other.left.get(id) ?? [])])]] : []))),
    }),
    first,
  );
}
