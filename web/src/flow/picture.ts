/** A drawing as lines and boxes: what a picture of it needs, without a canvas. */

import type { Drawing, FlowNode, Position } from "./drawing";
import { arranged } from "./layout";
import { NODE_HEIGHT, NODE_WIDTH } from "./sizes";

export interface Box {
  readonly node: FlowNode;
  readonly x: number;
  readonly y: number;
}

export interface Line {
  readonly id: string;
  readonly path: string;
  readonly handle: string | null;
  readonly middle: Position;
}

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

const MARGIN = 12;

export function pictureOf(drawing: Drawing): Picture {
  const placed = arranged(drawing).nodes.flatMap((node) => (node.position === null ? [] : [{ node, ...node.position }]));
  const left = Math.min(...placed.map((box) => box.x), 0) - MARGIN;
  const top = Math.min(...placed.map((box) => box.y), 0) - MARGIN;
  const boxes = placed.map((box) => ({ ...box, x: box.x - left, y: box.y - top }));
  const byId = new Map(boxes.map((box) => [box.node.id, box]));
  const lines = drawing.edges.flatMap(({ id, source, target, sourceHandle }): Line[] => {
    const from = byId.get(source);
    const to = byId.get(target);
    return from === undefined || to === undefined ? [] : [{ id, handle: sourceHandle, ...curve(bottomOf(from), topOf(to)) }];
  });
  const width = Math.max(...boxes.map((box) => box.x + NODE_WIDTH), 0) + MARGIN;
  const height = Math.max(...boxes.map((box) => box.y + NODE_HEIGHT), 0) + MARGIN;
  return { width, height, boxes, lines };
}

function curve(from: Position, to: Position): { path: string; middle: Position } {
  const bend = Math.max(24, Math.abs(to.y - from.y) / 2);
  const path = `M${from.x},${from.y} C${from.x},${from.y + bend} ${to.x},${to.y - bend} ${to.x},${to.y}`;
  return { path, middle: { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 } };
}

function bottomOf(box: Box): Position {
  return { x: box.x + NODE_WIDTH / 2, y: box.y + NODE_HEIGHT };
}

function topOf(box: Box): Position {
  return { x: box.x + NODE_WIDTH / 2, y: box.y };
}
