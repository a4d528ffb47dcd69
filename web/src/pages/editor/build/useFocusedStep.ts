import { useReactFlow } from "@xyflow/react";
import { useEffect } from "react";

import { NODE_HEIGHT, NODE_WIDTH } from "@/flow/layout";

import { stepElement, useWantedStep } from "./focus";

const MOST_TRIES = 30;
const MARGIN = 24;

/** Brings the wanted step into sight and gives it the focus, once React Flow has drawn it. */
export function useFocusedStep(): void {
  const flow = useReactFlow();
  const wanted = useWantedStep((focus) => focus.wanted);
  useEffect(() => {
    if (wanted === null) return;
    let tries = 0;
    let frame = requestAnimationFrame(attempt);
    function attempt() {
      const id = wanted?.id ?? "";
      const node = flow.getNode(id);
      if (node !== undefined) reveal(node.position);
      const element = stepElement(id);
      tries += 1;
      if (element !== null) element.focus({ preventScroll: true });
      else if (tries < MOST_TRIES) frame = requestAnimationFrame(attempt);
    }
    function reveal({ x, y }: { x: number; y: number }) {
      const stage = document.querySelector(".react-flow")?.getBoundingClientRect();
      if (stage === undefined) return;
      const from = flow.flowToScreenPosition({ x, y });
      const to = flow.flowToScreenPosition({ x: x + NODE_WIDTH, y: y + NODE_HEIGHT });
      const isSeen = from.x >= stage.left + MARGIN && to.x <= stage.right - MARGIN && from.y >= stage.top + MARGIN && to.y <= stage.bottom - MARGIN;
      if (!isSeen) void flow.setCenter(x + NODE_WIDTH / 2, y + NODE_HEIGHT / 2, { zoom: flow.getZoom() });
    }
    return () => cancelAnimationFrame(frame);
  }, [wanted, flow]);
}
