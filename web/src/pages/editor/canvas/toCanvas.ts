/** A drawing as what React Flow is given. */

import { type Edge, MarkerType, type Node } from "@xyflow/react";

import { type Catalogue, ERROR, handlesOf, handleUsed, titleOf } from "@/flow/catalogue";
import { type Drawing, isTrigger } from "@/flow/drawing";
import { arranged, NODE_HEIGHT, NODE_WIDTH } from "@/flow/layout";
import { summaryOf } from "@/flow/summaries";
import { editorTexts } from "@/texts/editor";

import { type Marks, NO_MARKS, type NodeMark, type Tone } from "./marks";

export type CardData = {
  title: string;
  summary: string | null;
  icon: string | null;
  handles: readonly HandlePlace[];
  isTrigger: boolean;
  isDisabled: boolean;
  mark: NodeMark | null;
};
/** `left`: percent of the lower edge; null: on the right side, where errors go. */
export interface HandlePlace {
  readonly name: string;
  readonly left: number | null;
}
export type CardNode = Node<CardData, "card">;
export type LineEdge = Edge<{ tone: Tone | null }>;

/** One way out is in the middle, so that a line that goes straight down is straight. */
export function placesOf(handles: readonly string[]): HandlePlace[] {
  const below = handles.filter((name) => name !== ERROR);
  return handles.map((name) => ({ name, left: name === ERROR ? null : ((below.indexOf(name) + 1) * 100) / (below.length + 1) }));
}

export function toCanvas(drawing: Drawing, catalogue: Catalogue, marks: Marks = NO_MARKS): { nodes: CardNode[]; edges: LineEdge[] } {
  const placed = drawing.nodes.every((node) => node.position !== null && node.moved) ? drawing : arranged(drawing);
  const nodes = placed.nodes.map((node): CardNode => ({
    id: node.id,
    type: "card",
    position: node.position ?? { x: 0, y: 0 },
    width: NODE_WIDTH,
    height: NODE_HEIGHT,
    data: {
      title: titleOf(node, catalogue),
      summary: summaryOf(node),
      icon: catalogue.get(node.type)?.icon ?? null,
      handles: placesOf(handlesOf(node, catalogue)),
      isTrigger: isTrigger(node),
      isDisabled: node.disabled,
      mark: marks.nodes.get(node.id) ?? null,
    },
  }));
  const byId = new Map(placed.nodes.map((node) => [node.id, node]));
  const edges = placed.edges.map(({ id, source, target, sourceHandle }): LineEdge => {
    const node = byId.get(source);
    const handle = node === undefined ? null : handleUsed(node, sourceHandle, catalogue);
    const mark = marks.edges.get(id);
    const words = [handle === null || handle === "out" ? null : editorTexts.way(handle), mark?.text ?? null].filter((word) => word !== null);
    return {
      id,
      source,
      target,
      sourceHandle: handle,
      type: "smoothstep",
      data: { tone: mark?.tone ?? null },
      ...(mark === undefined ? {} : { className: `tone-${mark.tone}` }),
      ...(words.length === 0 ? {} : { label: words.join(" · ") }),
      markerEnd: { type: MarkerType.ArrowClosed, width: 16, height: 16 },
    };
  });
  return { nodes, edges };
}
