import { Plus } from "lucide-react";

import { canvasTexts as texts } from "@/texts/canvas";

import { type CanvasActions, spotOf } from "./actions";
import { leftOfHandle } from "./lineSpots";
import classes from "./plus.module.css";

interface FreeEndProps {
  readonly id: string;
  readonly title: string;
  readonly handle: string;
  readonly said: string;
  /** The step has no other way: the way needs no name. */
  readonly isOnly: boolean;
  readonly left: number;
  readonly actions: CanvasActions;
}

/** Where a way leads nowhere yet. */
export function FreeEnd({ id, title, handle, said, isOnly, left, actions }: FreeEndProps) {
  return (
    <span className={classes.free} style={{ left: `${left}%` }}>
      {!isOnly && (
        <span className={classes.way} style={{ transform: `translateX(${50 - leftOfHandle(left)}%)` }}>
          {said}
        </span>
      )}
      <button
        type="button"
        className={`${classes.plus} nodrag nopan`}
        data-after={id}
        data-handle={handle}
        aria-label={texts.addAfter(title, isOnly ? null : said)}
        onClick={(event) => {
          event.stopPropagation();
          actions.pick({ kind: "after", source: id, handle }, spotOf(event.currentTarget));
        }}
      >
        <Plus size={14} aria-hidden />
      </button>
    </span>
  );
}
