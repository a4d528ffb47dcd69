/** What is seen of a flow at first: all of it where it can be read then, else its beginning. */

import type { Position } from "@/flow/drawing";
import { NODE_HEIGHT, NODE_WIDTH } from "@/flow/sizes";

export interface View extends Position {
  readonly zoom: number;
}

export interface Stage {
  readonly width: number;
  readonly height: number;
}

const READABLE = 0.6;
const USUAL = 0.9;
const MARGIN = 72;

/** `places`: the first one is where the flow begins. */
export function firstView(places: readonly Position[], stage: Stage): View {
  const [start = { x: 0, y: 0 }] = places;
  const [left, top] = [Math.min(...places.map((one) => one.x)), Math.min(...places.map((one) => one.y))];
  const width = Math.max(...places.map((one) => one.x)) + NODE_WIDTH - left;
  const height = Math.max(...places.map((one) => one.y)) + NODE_HEIGHT - top;
  const zoom = Math.min(1, (stage.width - MARGIN) / width, (stage.height - 2 * MARGIN) / height);
  if (zoom >= READABLE) return { zoom, x: (stage.width - width * zoom) / 2 - left * zoom, y: (stage.height - height * zoom) / 2 - top * zoom };
  return { zoom: USUAL, x: stage.width / 2 - (start.x + NODE_WIDTH / 2) * USUAL, y: MARGIN - start.y * USUAL };
}

export function showsAny(view: View, places: readonly Position[], stage: Stage): boolean {
  return places.some(({ x, y }) => {
    const [left, top] = [x * view.zoom + view.x, y * view.zoom + view.y];
    return left < stage.width && top < stage.height && left + NODE_WIDTH * view.zoom > 0 && top + NODE_HEIGHT * view.zoom > 0;
  });
}
