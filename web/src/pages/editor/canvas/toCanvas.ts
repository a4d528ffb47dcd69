/** A drawing as what React Flow is given. */

import { type Edge, MarkerType, type Node, type NodeHandle, Position } from "@xyflow/react";

import { type Catalogue, ERROR, handlesOf, handleUsed, titleOf } from "@/flow/catalogue";
import { freeHandlesOf } from "@/flow/connect";
import { type Drawing, isTrigger } from "@/flow/drawing";
import { inOrder } from "@/flow/graph";
import { placed } from "@/flow/layout";
import { NODE_HEIGHT, NODE_WIDTH } from "@/flow/sizes";
import { summaryOf } from "@/flow/summaries";
import { namesIn } from "@/flow/variableWords";
import { spokenSteps } from "@/flow/walk";
import { wayInWords } from "@/flow/wayWords";

import { type Marks, NO_MARKS, type NodeMark, type Tone } from "./marks";

export type CardData = {
  title: string;
  /** To whoever does not see where it stands. */
  spoken: string;
  summary: string | null;
  icon: string | null;
  handles: readonly Way[];
  /** Names of handles that lead nowhere yet. */
  free: readonly string[];
  /** Something follows when it fails. */
  isRescued: boolean;
  isTrigger: boolean;
  isDisabled: boolean;
  hasNote: boolean;
  isPinned: boolean;
  problems: number;
  /** Fields that are still to be filled in. */
  open: number;
  mark: NodeMark | null;
};
/** `left`: percent of the lower edge; null: on the right side, where errors go. */
export interface HandlePlace {
  readonly name: string;
  readonly left: number | null;
}
interface Way extends HandlePlace {
  /** What it is called. */
  readonly said: string;
}
export type CardNode = Node<CardData, "card">;
/** `place`: where its handle is, as `HandlePlace.left`. */
export type LineEdge = Edge<{ tone: Tone | null; from: string; to: string; way: string | null; place: number | null; text: string | null }>;

const HANDLE = 10;

/** One way out is in the middle, so that a line that goes straight down is straight. */
export function placesOf(handles: readonly string[]): HandlePlace[] {
  const below = handles.filter((name) => name !== ERROR);
  return handles.map((name) => ({ name, left: name === ERROR ? null : ((below.indexOf(name) + 1) * 100) / (below.length + 1) }));
}

/** Said beforehand, so that lines are drawn at once and steps out of sight need not be. */
function boundsOf(places: readonly HandlePlace[], trigger: boolean): NodeHandle[] {
  const size = { width: HANDLE, height: HANDLE };
  const half = HANDLE / 2;
  const into: NodeHandle = { ...size, id: null, type: "target", position: Position.Top, x: NODE_WIDTH / 2 - half, y: -half };
  const out = places.map(({ name, left }): NodeHandle =>
    left === null
      ? { ...size, id: name, type: "source", position: Position.Right, x: NODE_WIDTH - half, y: NODE_HEIGHT / 2 - half }
      : { ...size, id: name, type: "source", position: Position.Bottom, x: (NODE_WIDTH * left) / 100 - half, y: NODE_HEIGHT - half },
  );
  return trigger ? out : [into, ...out];
}

export function toCanvas(drawing: Drawing, catalogue: Catalogue, marks: Marks = NO_MARKS): { nodes: CardNode[]; edges: LineEdge[] } {
  const shown = placed(drawing);
  const byId = new Map(shown.nodes.map((node) => [node.id, node]));
  const free = freeHandlesOf(drawing, catalogue);
  const rescued = new Set(shown.edges.filter(({ sourceHandle }) => sourceHandle === ERROR).map(({ source }) => source));
  const spoken = spokenSteps(drawing, catalogue);
  const names = namesIn(drawing);
  // In the order of the flow, which is that of the Tab key.
  const nodes = inOrder(shown).flatMap((id): CardNode[] => {
    const node = byId.get(id);
    if (node === undefined) return [];
    const handles = placesOf(handlesOf(node, catalogue)).map((place): Way => ({ ...place, said: wayInWords(node, place.name) }));
    const trigger = isTrigger(node);
    return [
      {
        id,
        type: "card",
        position: node.position ?? { x: 0, y: 0 },
        width: NODE_WIDTH,
        height: NODE_HEIGHT,
        measured: { width: NODE_WIDTH, height: NODE_HEIGHT },
        handles: boundsOf(handles, trigger),
        data: {
          title: titleOf(node, catalogue),
          spoken: spoken.get(id) ?? id,
          summary: summaryOf(node, names),
          icon: catalogue.get(node.type)?.icon ?? null,
          handles,
          free: free.get(id) ?? [],
          isRescued: rescued.has(id),
          isTrigger: trigger,
          isDisabled: node.disabled,
          hasNote: typeof node.dataRest["note"] === "string" && node.dataRest["note"] !== "",
          isPinned: node.dataRest["pinned"] !== undefined && node.dataRest["pinned"] !== null,
          problems: marks.problems?.get(id)?.problems ?? 0,
          open: marks.problems?.get(id)?.open ?? 0,
          mark: marks.nodes.get(id) ?? null,
        },
      },
    ];
  });
  const cards = new Map(nodes.map((node) => [node.id, node.data]));
  const edges = shown.edges.map(({ id, source, target, sourceHandle }): LineEdge => {
    const node = byId.get(source);
    const handle = node === undefined ? null : handleUsed(node, sourceHandle, catalogue);
    const mark = marks.edges.get(id);
    const way = node === undefined || handle === null || handle === "out" ? null : wayInWords(node, handle);
    const place = cards.get(source)?.handles.find(({ name }) => name === handle)?.left ?? null;
    return {
      id,
      source,
      target,
      sourceHandle: handle,
      type: "smoothstep",
      data: { tone: mark?.tone ?? null, from: cards.get(source)?.title ?? source, to: cards.get(target)?.title ?? target, way, place, text: mark?.text ?? null },
      ...(mark === undefined ? {} : { className: `tone-${mark.tone}` }),
      markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
    };
  });
  return { nodes, edges };
}
