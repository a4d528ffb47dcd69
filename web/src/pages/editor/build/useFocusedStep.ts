import { type ReactFlowInstance, useReactFlow, useStore } from "@xyflow/react";
import { useEffect } from "react";

import { NODE_HEIGHT, NODE_WIDTH } from "@/flow/layout";

import { shiftInto } from "./shift";
import { stepElement, useWantedStep } from "./focus";

const MOST_TRIES = 30;
const MARGIN = 24;
// The tools lie over the lower edge.
const TOOLS = 76;

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
      reveal(flow, id);
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
    if (selected !== null) reveal(flow, selected);
  }, [flow, selected, size]);
}

function reveal(flow: ReactFlowInstance, id: string): void {
  const stage = document.querySelector(".react-flow")?.getBoundingClientRect();
  const position = flow.getNode(id)?.position;
  if (stage === undefined || position === undefined) return;
  const from = flow.flowToScreenPosition(position);
  const to = flow.flowToScreenPosition({ x: position.x + NODE_WIDTH, y: position.y + NODE_HEIGHT });
  const by = shiftInto({ from: from.x, to: to.x }, stage.left + MARGIN, stage.right - MARGIN);
  const down = shiftInto({ from: from.y, to: to.y }, stage.top + MARGIN, stage.bottom - TOOLS);
  if (by === 0 && down === 0) return;
  const { x, y, zoom } = flow.getViewport();
  void flow.setViewport({ x: x + by, y: y + down, zoom });
}
