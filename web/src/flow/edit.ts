/** Changes of a drawing, each from one value to the next. */

import { type Catalogue, ERROR, handlesOf, renamedHandles } from "./catalogue";
import { type Connection, connect, newEdge } from "./connect";
import { type Drawing, type FlowNode, isTrigger, type JsonObject, nodeOf, type Position } from "./drawing";
import { EACH, graphOf, into, LOOP, outOf } from "./graph";
import { idsOf, newId } from "./ids";

export interface Added {
  readonly drawing: Drawing;
  readonly id: string;
}

export function newNode(drawing: Drawing, catalogue: Catalogue, type: string, position: Position | null = null): FlowNode {
  const title = catalogue.get(type)?.title ?? type;
  const base = { type, label: null, config: {}, disabled: false, rest: {}, dataRest: {} };
  return { ...base, id: newId(title, idsOf(drawing)), position, moved: position !== null };
}

/** A step by itself, where it was dropped; null: where the layout puts it. */
export function addNode(drawing: Drawing, catalogue: Catalogue, type: string, position: Position | null): Added {
  const node = newNode(drawing, catalogue, type, position);
  return { drawing: { ...drawing, nodes: [...drawing.nodes, node] }, id: node.id };
}

/** A step at a free end. */
export function addAfter(drawing: Drawing, catalogue: Catalogue, type: string, source: string, handle: string | null): Added {
  const added = addNode(drawing, catalogue, type, null);
  return { ...added, drawing: connect(added.drawing, catalogue, { source, handle, target: added.id }) };
}

/** A step in the middle of a line: what came after it now comes after the new one's first way out. */
export function insertOnEdge(drawing: Drawing, catalogue: Catalogue, type: string, edgeId: string): Added {
  const edge = drawing.edges.find((one) => one.id === edgeId);
  const added = addNode(drawing, catalogue, type, null);
  if (edge === undefined) return added;
  const node = added.drawing.nodes.at(-1);
  const onwards = node === undefined ? undefined : wayOn(node, catalogue);
  const { id } = added;
  const rest = { ...added.drawing, edges: added.drawing.edges.filter((one) => one.id !== edgeId) };
  const before = newEdge(rest, { source: edge.source, handle: edge.sourceHandle, target: id });
  const between = { ...rest, edges: [...rest.edges, before] };
  if (onwards === undefined) return { drawing: between, id };
  const after = newEdge(between, { source: id, handle: onwards, target: edge.target });
  return { drawing: { ...between, edges: [...between.edges, after] }, id };
}

/** Without these steps. Where one way led in and one out, the line is closed over the gap. */
export function removeNodes(drawing: Drawing, catalogue: Catalogue, ids: ReadonlySet<string>): Drawing {
  return [...ids].reduce((left, id) => removeNode(left, catalogue, id), drawing);
}

export function removeEdges(drawing: Drawing, ids: ReadonlySet<string>): Drawing {
  return { ...drawing, edges: drawing.edges.filter((edge) => !ids.has(edge.id)) };
}

export function moveNodes(drawing: Drawing, places: ReadonlyMap<string, Position>): Drawing {
  return mapNodes(drawing, (node) => {
    const position = places.get(node.id);
    return position === undefined ? node : { ...node, position, moved: true };
  });
}

/** A way out that is called otherwise now keeps its lines. */
export function setConfig(drawing: Drawing, id: string, config: JsonObject): Drawing {
  const before = nodeOf(drawing, id);
  const names = before === null ? new Map<string, string>() : renamedHandles(before.type, before.config, config);
  const changed = mapNodes(drawing, (node) => (node.id === id ? { ...node, config } : node));
  if (names.size === 0) return changed;
  const edges = drawing.edges.map((edge) => {
    const name = edge.source === id && edge.sourceHandle !== null ? names.get(edge.sourceHandle) : undefined;
    return name === undefined ? edge : { ...edge, sourceHandle: name };
  });
  return { ...changed, edges };
}

export function setLabel(drawing: Drawing, id: string, label: string): Drawing {
  return mapNodes(drawing, (node) => (node.id === id ? { ...node, label: label.trim() || null } : node));
}

/** What is in its `data` beside label and config: `note`, `retry`, `pinned` … */
export function setSettings(drawing: Drawing, id: string, settings: JsonObject): Drawing {
  return mapNodes(drawing, (node) => (node.id === id ? { ...node, dataRest: settings } : node));
}

export function setDisabled(drawing: Drawing, ids: ReadonlySet<string>, disabled: boolean): Drawing {
  return mapNodes(drawing, (node) => (ids.has(node.id) && !isTrigger(node) ? { ...node, disabled } : node));
}

function removeNode(drawing: Drawing, catalogue: Catalogue, id: string): Drawing {
  const graph = graphOf(drawing);
  const [before, ...more] = into(graph, id);
  const after = outOf(graph, id).filter((edge) => edge.sourceHandle !== ERROR && edge.sourceHandle !== EACH);
  const left = {
    ...drawing,
    nodes: drawing.nodes.filter((node) => node.id !== id),
    edges: drawing.edges.filter((edge) => edge.source !== id && edge.target !== id),
  };
  if (before === undefined || more.length > 0 || after.length !== 1 || after[0] === undefined) return left;
  const bridge: Connection = { source: before.source, handle: before.sourceHandle, target: after[0].target };
  return nodeOf(left, bridge.source) === null ? left : connect(left, catalogue, bridge);
}

function wayOn(node: FlowNode, catalogue: Catalogue): string | undefined {
  const handles = handlesOf(node, catalogue).filter((handle) => handle !== ERROR);
  return node.type === LOOP ? handles.find((handle) => handle !== EACH) : handles[0];
}

function mapNodes(drawing: Drawing, change: (node: FlowNode) => FlowNode): Drawing {
  return { ...drawing, nodes: drawing.nodes.map(change) };
}
