/** What React Flow says has changed, as what it means here. */

import type { NodeChange } from "@xyflow/react";

import type { Position } from "@/flow/drawing";

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What is dragged or sized just now, and not yet part of the drawing. */
export interface Held {
  readonly places: ReadonlyMap<string, Position>;
  readonly sizes: ReadonlyMap<string, Size>;
}

export const NOTHING_HELD: Held = { places: new Map(), sizes: new Map() };

export interface Meant {
  /** Null: nothing was selected or no longer. */
  readonly selection: ReadonlySet<string> | null;
  readonly held: Held;
  /** It was let go: what is held becomes part of the drawing. */
  readonly isDone: boolean;
}

export function meaningOf(changes: readonly NodeChange[], selection: ReadonlySet<string>, held: Held): Meant {
  const selected = new Set(selection);
  const [places, sizes] = [new Map(held.places), new Map(held.sizes)];
  let isChosen = false;
  let goesOn = false;
  let isHeld = false;
  for (const change of changes) {
    if (change.type === "select") {
      isChosen = true;
      if (change.selected) selected.add(change.id);
      else selected.delete(change.id);
    } else if (change.type === "position") {
      isHeld = true;
      goesOn ||= change.dragging === true;
      if (change.position !== undefined) places.set(change.id, change.position);
    } else if (change.type === "dimensions" && change.resizing !== undefined) {
      isHeld = true;
      goesOn ||= change.resizing;
      if (change.dimensions !== undefined) sizes.set(change.id, change.dimensions);
    }
  }
  const isAny = places.size > 0 || sizes.size > 0;
  return { selection: isChosen ? selected : null, held: isHeld ? { places, sizes } : held, isDone: isHeld && !goesOn && isAny };
}
