/** A drawing as a value: what is in an automation's `nodes` and `edges`. Keys that mean nothing here are kept as they are. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface Position {
  readonly x: number;
  readonly y: number;
}

export interface FlowNode {
  readonly id: string;
  readonly type: string;
  /** Null: nobody and nothing has placed it yet. */
  readonly position: Position | null;
  /** A person put it where it is; the layout leaves it there. */
  readonly moved: boolean;
  readonly label: string | null;
  readonly config: JsonObject;
  readonly disabled: boolean;
  /** What else is in it, and in its `data`. */
  readonly rest: JsonObject;
  readonly dataRest: JsonObject;
}

export interface FlowEdge {
  readonly id: string;
  readonly source: string;
  readonly target: string;
  /** Null: the first handle of the source. */
  readonly sourceHandle: string | null;
  readonly rest: JsonObject;
}

/** What somebody wrote on the canvas: among the nodes where it is stored, and no step. */
export interface StickyNote {
  readonly id: string;
  readonly text: string;
  readonly position: Position;
  readonly width: number;
  readonly height: number;
  readonly rest: JsonObject;
  readonly dataRest: JsonObject;
}

export interface Drawing {
  readonly nodes: readonly FlowNode[];
  readonly edges: readonly FlowEdge[];
  readonly notes: readonly StickyNote[];
}

export const EMPTY_DRAWING: Drawing = { nodes: [], edges: [], notes: [] };
const NOTE = "note";
const NOTE_SIZE = { width: 220, height: 120 };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Reads whatever is stored; what has no id or no type is no step, and an edge needs two ends that are there. */
export function parseDrawing(nodes: readonly unknown[], edges: readonly unknown[]): Drawing {
  const steps = unique(nodes.flatMap(parseNode));
  const notes = unique(nodes.flatMap(parseNote));
  const ids = new Set(steps.map((node) => node.id));
  const lines = unique(edges.flatMap(parseEdge)).filter((edge) => ids.has(edge.source) && ids.has(edge.target));
  return { nodes: steps, edges: lines, notes };
}

export function writeNodes(drawing: Drawing): JsonObject[] {
  const steps = drawing.nodes.map((node) => ({
    ...node.rest,
    id: node.id,
    type: node.type,
    ...(node.position === null ? {} : { position: { x: node.position.x, y: node.position.y } }),
    data: {
      ...node.dataRest,
      ...(node.label === null ? {} : { label: node.label }),
      config: node.config,
      ...(node.disabled ? { disabled: true } : {}),
      ...(node.moved ? { moved: true } : {}),
    },
  }));
  const notes = drawing.notes.map(({ id, text, position, width, height, rest, dataRest }) => ({
    ...rest,
    id,
    type: NOTE,
    position: { x: position.x, y: position.y },
    width,
    height,
    data: { ...dataRest, text },
  }));
  return [...steps, ...notes];
}

export function writeEdges(drawing: Drawing): JsonObject[] {
  return drawing.edges.map((edge) => ({
    ...edge.rest,
    id: edge.id,
    source: edge.source,
    target: edge.target,
    ...(edge.sourceHandle === null ? {} : { sourceHandle: edge.sourceHandle }),
  }));
}

export function nodeOf(drawing: Drawing, id: string): FlowNode | null {
  return drawing.nodes.find((node) => node.id === id) ?? null;
}

export function isTrigger(node: FlowNode): boolean {
  return node.type.startsWith("trigger-");
}

function parseNode(value: unknown): FlowNode[] {
  if (!isObject(value)) return [];
  const { id, type, position, data, ...rest } = value;
  if (typeof id !== "string" || id === "" || typeof type !== "string" || type === NOTE) return [];
  const { label, config, disabled, moved, ...dataRest } = isObject(data) ? data : {};
  return [
    {
      id,
      type,
      position: parsePosition(position),
      moved: moved === true,
      label: typeof label === "string" && label !== "" ? label : null,
      config: isObject(config) ? config : {},
      disabled: disabled === true,
      rest,
      dataRest,
    },
  ];
}

function parseNote(value: unknown): StickyNote[] {
  if (!isObject(value)) return [];
  const { id, type, position, width, height, data, ...rest } = value;
  if (type !== NOTE || typeof id !== "string" || id === "") return [];
  const { text, ...dataRest } = isObject(data) ? data : {};
  const size = (given: unknown, usual: number) => (typeof given === "number" && given > 0 ? given : usual);
  return [
    {
      id,
      text: typeof text === "string" ? text : "",
      position: parsePosition(position) ?? { x: 0, y: 0 },
      width: size(width, NOTE_SIZE.width),
      height: size(height, NOTE_SIZE.height),
      rest,
      dataRest,
    },
  ];
}

function parsePosition(value: unknown): Position | null {
  if (!isObject(value)) return null;
  const { x, y } = value;
  return Number.isFinite(x) && Number.isFinite(y) ? { x: x as number, y: y as number } : null;
}

function parseEdge(value: unknown): FlowEdge[] {
  if (!isObject(value)) return [];
  const { id, source, target, sourceHandle, ...rest } = value;
  if (typeof source !== "string" || typeof target !== "string") return [];
  const handle = typeof sourceHandle === "string" ? sourceHandle : null;
  return [{ id: typeof id === "string" && id !== "" ? id : edgeId(source, handle, target), source, target, sourceHandle: handle, rest }];
}

export function edgeId(source: string, handle: string | null, target: string): string {
  return [source, ...(handle === null ? [] : [handle]), target].join("-");
}

function unique<T extends { readonly id: string }>(items: readonly T[]): T[] {
  const seen = new Set<string>();
  return items.filter((item) => !seen.has(item.id) && seen.add(item.id));
}
