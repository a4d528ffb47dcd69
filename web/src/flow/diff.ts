/** What differs between two drawings: the overlay of a comparison, and whether there is anything to save. */

import { type Catalogue, handleUsed } from "./catalogue";
import { type Drawing, type FlowEdge, type FlowNode, isObject, type Json, nodeOf } from "./drawing";

export type Change = "added" | "removed" | "changed" | "same";

export interface Overlay {
  /** Both drawings in one: what was removed is in it, too. */
  readonly drawing: Drawing;
  readonly nodes: ReadonlyMap<string, Change>;
  readonly edges: ReadonlyMap<string, Change>;
}

/** Where a step stands is no change of what it does. With a catalogue, nor is that a line names the way out that it has anyway. */
export function overlayOf(before: Drawing, after: Drawing, catalogue: Catalogue = new Map()): Overlay {
  const nodes = compared(before.nodes, after.nodes, isSameStep);
  // An edge that was drawn anew between the same steps is the same one, whatever its id.
  const [old, now] = [waysOf(before, catalogue), waysOf(after, catalogue)];
  const taken = new Set(after.edges.map((edge) => edge.id));
  // The other way round, one id may be that of two edges.
  const gone = before.edges.filter((edge) => !now.has(wayOf(before, edge, catalogue))).map((edge) => (taken.has(edge.id) ? { ...edge, id: `${edge.id} (before)` } : edge));
  return {
    drawing: {
      ...after,
      // Where it stood may be somebody else's place now.
      nodes: [...after.nodes, ...before.nodes.filter((node) => nodes.get(node.id) === "removed").map((node) => ({ ...node, position: null, moved: false }))],
      edges: [...after.edges, ...gone],
    },
    nodes,
    edges: new Map([
      ...after.edges.map((edge): [string, Change] => [edge.id, old.has(wayOf(after, edge, catalogue)) ? "same" : "added"]),
      ...gone.map((edge): [string, Change] => [edge.id, "removed"]),
    ]),
  };
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

function waysOf(drawing: Drawing, catalogue: Catalogue): ReadonlySet<string> {
  return new Set(drawing.edges.map((edge) => wayOf(drawing, edge, catalogue)));
}

function wayOf(drawing: Drawing, { source, sourceHandle, target }: FlowEdge, catalogue: Catalogue): string {
  const node = nodeOf(drawing, source);
  return JSON.stringify([source, node === null ? sourceHandle : handleUsed(node, sourceHandle, catalogue), target]);
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
