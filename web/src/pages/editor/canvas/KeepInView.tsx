import { useReactFlow, useStore } from "@xyflow/react";
import { type RefObject, useEffect } from "react";

/** On the left stand the buttons that zoom. */
export const FIT = { padding: { top: 0.1, right: 0.1, bottom: 0.1, left: "72px" }, maxZoom: 1 } as const;

/** What is to be looked at stays whole when a panel takes some of the room; until somebody moves the canvas himself. */
export function KeepInView({ isMoved }: { isMoved: RefObject<boolean> }) {
  const { fitView } = useReactFlow();
  const size = useStore(({ width, height }) => `${width}x${height}`);
  useEffect(() => {
    if (!isMoved.current) void fitView(FIT);
  }, [size, fitView, isMoved]);
  return null;
}
