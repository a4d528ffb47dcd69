/** Steps on the clipboard, as text that says what it is; and what a copy of steps is. */

import { type Drawing, EMPTY_DRAWING, isObject, isTrigger, type Json, type JsonObject, parseDrawing, writeEdges, writeNodes } from "./drawing";
import { edgeId } from "./drawing";
import { idsOf, newId } from "./ids";

const FORMAT = "automations/steps";
const SECRET = /\{\{\s*secrets\.[A-Za-z0-9_]+\s*\}\}/g;
export const OFFSET = 40;

/** These steps and the lines between them. Names of secrets stay behind: a clipboard is everybody's. */
export function copied(drawing: Drawing, ids: ReadonlySet<string>): string {
  const part = partOf(drawing, ids);
  const nodes = writeNodes(part).map((node) => withoutSecrets(node) as JsonObject);
  return JSON.stringify({ format: FORMAT, nodes, edges: writeEdges(part) }, null, 2);
}

/** What a clipboard holds; null: no steps. */
export function readClipboard(text: string): Drawing | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value) || value["format"] !== FORMAT) return null;
  const { nodes, edges } = value;
  const found = parseDrawing(Array.isArray(nodes) ? nodes : [], Array.isArray(edges) ? edges : []);
  return found.nodes.length === 0 ? null : found;
}

/** With the steps of the other drawing, under new ids, and those ids. A flow has one trigger: a second is left out. */
export function pasted(drawing: Drawing, part: Drawing): { drawing: Drawing; ids: Set<string> } {
  const hasTrigger = drawing.nodes.some(isTrigger);
  const wanted = part.nodes.filter((node) => !hasTrigger || !isTrigger(node));
  const taken = idsOf(drawing);
  const names = new Map<string, string>();
  for (const node of wanted) {
    const id = newId(node.id, taken);
    taken.add(id);
    names.set(node.id, id);
  }
  const nodes = wanted.map((node) => ({
    ...node,
    id: names.get(node.id) ?? node.id,
    config: renamed(node.config, names) as JsonObject,
    // What nobody has moved is placed by the layout, in nobody's way.
    position: node.position === null || !node.moved ? null : { x: node.position.x + OFFSET, y: node.position.y + OFFSET },
  }));
  const edges = part.edges.flatMap((edge) => {
    const source = names.get(edge.source);
    const target = names.get(edge.target);
    if (source === undefined || target === undefined) return [];
    return [{ ...edge, id: edgeId(source, edge.sourceHandle, target), source, target }];
  });
  return {
    drawing: { ...drawing, nodes: [...drawing.nodes, ...nodes], edges: [...drawing.edges, ...edges] },
    ids: new Set(nodes.map((node) => node.id)),
  };
}

export function duplicated(drawing: Drawing, ids: ReadonlySet<string>): { drawing: Drawing; ids: Set<string> } {
  return pasted(drawing, partOf(drawing, ids));
}

function partOf(drawing: Drawing, ids: ReadonlySet<string>): Drawing {
  if (ids.size === 0) return EMPTY_DRAWING;
  return {
    ...EMPTY_DRAWING,
    nodes: drawing.nodes.filter((node) => ids.has(node.id)),
    edges: drawing.edges.filter((edge) => ids.has(edge.source) && ids.has(edge.target)),
  };
}

/** Templates that name a step of the copy name its new id. */
function renamed(value: Json, names: ReadonlyMap<string, string>): Json {
  return mapTexts(value, (text) =>
    text.replace(/\bsteps(?:\.([A-Za-z0-9_-]+)|\["([^"\]]+)"\])/g, (whole, dotted?: string, quoted?: string) => {
      const name = names.get(dotted ?? quoted ?? "");
      if (name === undefined) return whole;
      return dotted === undefined ? `steps["${name}"]` : `steps.${name}`;
    }),
  );
}

function withoutSecrets(value: Json): Json {
  return mapTexts(value, (text) => text.replace(SECRET, ""));
}

function mapTexts(value: Json, change: (text: string) => string): Json {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapTexts(item, change)]));
}
