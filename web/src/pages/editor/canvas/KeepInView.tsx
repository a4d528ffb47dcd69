import { useReactFlow, useStore } from "@xyflow/react";
import { useEffect, useRef } from "react";

export const FIT = { padding: 0.2, maxZoom: 1 };

/** What is to be looked at stays whole when a panel takes some of the room; until somebody moves the canvas himself. */
export function KeepInView() {
  const { fitView } = useReactFlow();
  const size = useStore(({ width, height }) => `${width}x${height}`);
  const isMoved = useRef(false);
  const pane = useStore(({ domNode }) => domNode);

  useEffect(() => {
    const moved = () => {
      isMoved.current = true;
    };
    pane?.addEventListener("wheel", moved, { passive: true });
    pane?.addEventListener("pointerdown", moved);
    return () => {
      pane?.removeEventListener("wheel", moved);
      pane?.removeEventListener("pointerdown", moved);
    };
  }, [pane]);

  useEffect(() => {
    if (!isMoved.current) void fitView(FIT);
  }, [size, fitView]);
  return null;
}
