import { type ReactFlowInstance, useReactFlow, useStore } from "@xyflow/react";
import { useEffect } from "react";

import type { Position } from "@/flow/drawing";
import { NODE_HEIGHT, NODE_WIDTH } from "@/flow/sizes";

import { type Box, type Room, shiftIntoView } from "./shift";
import { stepElement, useWantedStep } from "./focus";

const MOST_TRIES = 30;
const MARGIN = 24;
// The tools lie over the lower edge.
const TOOLS = 76;
// What can be added after a step is below it.
const FREE_END = 36;

/** Brings the wanted step into sight and gives it the focus, once React Flow has drawn it. */
export function useFocusedStep(): void {
  const flow = useReactFlow();
  const wanted = useWantedStep((focus) => focus.wanted);
  useEffect(() => {
    if (wanted === null) return;
    const { id } = wanted;
    let tries = 0;
    let frame = requestAnimationFrame(attempt);
    function attempt() {
      reveal(flow, id, "with what is before it");
      const element = stepElement(id);
      tries += 1;
      if (element !== null) element.focus({ preventScroll: true });
      else if (tries < MOST_TRIES) frame = requestAnimationFrame(attempt);
    }
    return () => cancelAnimationFrame(frame);
  }, [wanted, flow]);
}

/** The step that is selected stays in sight when its panel takes some of the room. */
export function useSelectedInView(selected: string | null): void {
  const flow = useReactFlow();
  const size = useStore(({ width, height }) => `${width}x${height}`);
  useEffect(() => {
    if (selected !== null) reveal(flow, selected, "alone");
  }, [flow, selected, size]);
}

type Wanted = "alone" | "with what is before it";

/** A step that has just come is seen with where it came from, and with all of the flow where there is room for that. */
function reveal(flow: ReactFlowInstance, id: string, how: Wanted): void {
  const stage = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (stage === undefined) return;
  const boxes = new Map(flow.getNodes().map((node) => [node.id, boxOf(flow, node.position)]));
  const of = (ids: readonly string[]) => ids.flatMap((one) => boxes.get(one) ?? []);
  const before = flow.getEdges().flatMap(({ source, target }) => (target === id ? [source] : []));
  const wanted = how === "alone" ? [[id]] : [[...boxes.keys()], [...before, id], [id]];
  const by = boxes.has(id) ? shiftIntoView(wanted.map(of), roomIn(stage)) : null;
  if (by === null || (by.x === 0 && by.y === 0)) return;
  const { x, y, zoom } = flow.getViewport();
  void flow.setViewport({ x: x + by.x, y: y + by.y, zoom });
}

function roomIn(stage: DOMRect): Room {
  const map = document.querySelector(".react-flow__minimap")?.getBoundingClientRect();
  return {
    across: { from: stage.left + MARGIN, to: stage.right - MARGIN },
    down: { from: stage.top + MARGIN, to: stage.bottom - TOOLS },
    corner: map === undefined ? null : { x: map.left, y: map.top - FREE_END },
  };
}

/** On the screen. */
function boxOf(flow: ReactFlowInstance, { x, y }: Position): Box {
  const from = flow.flowToScreenPosition({ x, y });
  const to = flow.flowToScreenPosition({ x: x + NODE_WIDTH, y: y + NODE_HEIGHT });
  return { across: { from: from.x, to: to.x }, down: { from: from.y, to: to.y } };
}
