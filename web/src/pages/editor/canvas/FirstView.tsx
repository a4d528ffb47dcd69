import { useReactFlow, useStore } from "@xyflow/react";
import { useEffect, useRef } from "react";

import { firstView, showsAny, type View } from "./firstSight";

/** Once, as soon as it is known how large the canvas is. What was kept holds as long as there is something to be seen. */
export function FirstView({ kept }: { kept: View | null }) {
  const flow = useReactFlow();
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const isDone = useRef(false);
  useEffect(() => {
    if (isDone.current || width === 0) return;
    isDone.current = true;
    const places = flow.getNodes().map((node) => node.position);
    const stage = { width, height };
    if (places.length === 0 || (kept !== null && showsAny(kept, places, stage))) return;
    void flow.setViewport(firstView(places, stage));
  }, [flow, width, height, kept]);
  return null;
}
