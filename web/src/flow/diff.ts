/** What differs between two drawings: the overlay of a comparison, and whether there is anything to save. */

import { type Drawing, type FlowEdge, type FlowNode, type Json, isObject } from "./drawing";

export type Change = "added" | "removed" | "changed" | "same";

export interface Overlay {
  /** Both drawings in one: what was removed is in it, too. */
  readonly drawing: Drawing;
  readonly nodes: ReadonlyMap<string, Change>;
  readonly edges: ReadonlyMap<string, Change>;
}

/** Where a step stands is no change of what it does. */
export function overlayOf(before: Drawing, after: Drawing): Overlay {
  const nodes = compared(before.nodes, after.nodes, isSameStep);
  // An edge that was drawn anew between the same steps is the same one, whatever its id.
  const edges = comparedBy(before.edges, after.edges, wayOf);
  return {
    drawing: {
      ...after,
      nodes: [...after.nodes, ...before.nodes.filter((node) => nodes.get(node.id) === "removed")],
      edges: [...after.edges, ...before.edges.filter((edge) => edges.get(edge.id) === "removed")],
    },
    nodes,
    edges,
  };
}

export function isDifferent({ nodes, edges }: Overlay): boolean {
  return [...nodes.values(), ...edges.values()].some((change) => change !== "same");
}

function compared(before: readonly FlowNode[], after: readonly FlowNode[], same: (a: FlowNode, b: FlowNode) => boolean): Map<string, Change> {
  const old = new Map(before.map((node) => [node.id, node]));
  const now = new Set(after.map((node) => node.id));
  const found = after.map((node): [string, Change] => {
    const was = old.get(node.id);
    return [node.id, was === undefined ? "added" : same(was, node) ? "same" : "changed"];
  });
  return new Map([...found, ...before.filter((node) => !now.has(node.id)).map((node): [string, Change] => [node.id, "removed"])]);
}

function comparedBy(before: readonly FlowEdge[], after: readonly FlowEdge[], key: (edge: FlowEdge) => string): Map<string, Change> {
  const old = new Set(before.map(key));
  const now = new Set(after.map(key));
  return new Map([
    ...before.filter((edge) => !now.has(key(edge))).map((edge): [string, Change] => [edge.id, "removed"]),
    ...after.map((edge): [string, Change] => [edge.id, old.has(key(edge)) ? "same" : "added"]),
  ]);
}

function wayOf({ source, sourceHandle, target }: FlowEdge): string {
  return JSON.stringify([source, sourceHandle, target]);
}

function isSameStep(a: FlowNode, b: FlowNode): boolean {
  return (
    a.type === b.type &&
    a.label === b.label &&
    a.disabled === b.disabled &&
    isSame(a.config, b.config) &&
    isSame(a.dataRest, b.dataRest)
  );
}

/** The order of the keys of an object says nothing. */
export function isSame(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => isSame(item, b[index] ?? null));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && isSame(a[key] ?? null, b[key] ?? null));
}
