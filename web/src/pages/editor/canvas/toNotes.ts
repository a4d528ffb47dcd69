import type { Node } from "@xyflow/react";

import type { Drawing } from "@/flow/drawing";

export type StickyNode = Node<{ text: string }, "sticky">;

/** Notes as React Flow is given them: below the steps, and none of what is selected. */
export function toNotes(drawing: Drawing): StickyNode[] {
  return drawing.notes.map(({ id, text, position, width, height }) => ({
    id,
    type: "sticky",
    position: { ...position },
    width,
    height,
    measured: { width, height },
    zIndex: -1,
    selectable: false,
    connectable: false,
    dragHandle: ".note-grip",
    data: { text },
  }));
}
