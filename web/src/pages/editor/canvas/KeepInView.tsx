import { useReactFlow, useStore } from "@xyflow/react";
import { type RefObject, useEffect } from "react";

export const FIT = { padding: 0.2, maxZoom: 1 };

/** What is to be looked at stays whole when a panel takes some of the room; until somebody moves the canvas himself. */
export function KeepInView({ isMoved }: { isMoved: RefObject<boolean> }) {
  const { fitView } = useReactFlow();
  const size = useStore(({ width, height }) => `${width}x${height}`);
  useEffect(() => {
    if (!isMoved.current) void fitView(FIT);
  }, [size, fitView, isMoved]);
  return null;
}
