import { type NodeProps, NodeResizeControl, ResizeControlVariant } from "@xyflow/react";
import { GripHorizontal, Trash2 } from "lucide-react";
import { type KeyboardEvent, memo, useState } from "react";

import { canvasTexts } from "@/texts/canvas";

import { useCanvasActions } from "./actions";
import classes from "./sticky.module.css";
import type { StickyNode } from "./toNotes";

const texts = canvasTexts.sticky;
const NUDGE = 8;
const BY: Readonly<Record<string, { x: number; y: number }>> = {
  ArrowUp: { x: 0, y: -NUDGE },
  ArrowDown: { x: 0, y: NUDGE },
  ArrowLeft: { x: -NUDGE, y: 0 },
  ArrowRight: { x: NUDGE, y: 0 },
};

/** What somebody wrote on the canvas; it is moved by its upper edge. */
export const StickyCard = memo(function StickyCard({ id, data }: NodeProps<StickyNode>) {
  const actions = useCanvasActions();
  // React Flow hands on what was typed too late for the cursor to stay where it was.
  const [typed, setTyped] = useState<string | null>(null);

  function moved(event: KeyboardEvent) {
    const by = BY[event.key];
    if (by === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    actions?.notes.nudge(id, by);
  }

  return (
    <div className={classes.sticky} role="group" aria-label={texts.label(data.text)}>
      <div className={classes.head}>
        <button type="button" className={`${classes.grip} note-grip`} aria-label={texts.move} onKeyDown={moved}>
          <GripHorizontal size={15} aria-hidden />
        </button>
        <button type="button" className={`${classes.remove} nodrag`} aria-label={texts.delete} onClick={() => actions?.notes.remove(id)}>
          <Trash2 size={13} aria-hidden />
        </button>
      </div>
      <textarea
        className={`${classes.text} nodrag nopan nowheel`}
        data-note={id}
        aria-label={texts.text}
        placeholder={texts.placeholder}
        value={typed ?? data.text}
        onFocus={() => setTyped(data.text)}
        onBlur={() => setTyped(null)}
        onChange={(event) => {
          setTyped(event.currentTarget.value);
          actions?.notes.write(id, event.currentTarget.value);
        }}
      />
      <NodeResizeControl variant={ResizeControlVariant.Handle} position="bottom-right" minWidth={120} minHeight={80} className={classes.size ?? ""} />
    </div>
  );
});
