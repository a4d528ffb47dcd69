import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getSmoothStepPath } from "@xyflow/react";
import { Plus, Trash2 } from "lucide-react";
import { memo } from "react";

import { canvasTexts as texts } from "@/texts/canvas";

import { spotOf, useCanvasActions } from "./actions";
import { leftOfHandle, plusOf, wayOf } from "./lineSpots";
import classes from "./plus.module.css";
import type { LineEdge } from "./toCanvas";

/** A line that steps can be put on. */
export const StepEdge = memo(function StepEdge({ id, data, selected, markerEnd, ...ends }: EdgeProps<LineEdge>) {
  const actions = useCanvasActions();
  const [path, middleX, middleY] = getSmoothStepPath({ ...ends, borderRadius: 12 });
  if (data === undefined) return null;
  const plus = plusOf(ends, { x: middleX, y: middleY }, data.way !== null);
  const way = wayOf(ends);
  const words = [data.way, data.text].filter((word) => word !== null).join(" · ");
  return (
    <>
      <BaseEdge path={path} interactionWidth={24} {...(markerEnd === undefined ? {} : { markerEnd })} />
      <EdgeLabelRenderer>
        {words !== "" && (
          <span className={`${classes.way} ${classes.onLine}`} style={{ transform: at(way, leftOfHandle(data.place)) }}>
            {words}
          </span>
        )}
        {actions !== null && (
          <div className={classes.onLine} style={{ transform: at(plus) }} data-shown={selected || undefined}>
            <button
              type="button"
              className={`${classes.plus} nodrag nopan`}
              data-edge={id}
              aria-label={texts.insertBetween(data.from, data.to)}
              onClick={(event) => actions.pick({ kind: "edge", edge: id }, spotOf(event.currentTarget))}
            >
              <Plus size={14} aria-hidden />
            </button>
            {selected && (
              <button type="button" className={`${classes.plus} nodrag nopan`} aria-label={texts.deleteLine(data.from, data.to)} onClick={() => actions.removeLine(id)}>
                <Trash2 size={12} aria-hidden />
              </button>
            )}
          </div>
        )}
      </EdgeLabelRenderer>
    </>
  );
});

function at({ x, y }: { x: number; y: number }, left = 50): string {
  return `translate(-${left}%, -50%) translate(${x}px, ${y}px)`;
}
