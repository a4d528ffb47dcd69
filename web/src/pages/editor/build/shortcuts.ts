/** Which keys do what on the canvas. */

import type { Direction } from "@/flow/walk";

export interface Key {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

export type Command =
  | { readonly kind: "undo" | "redo" | "duplicate" | "selectAll" | "search" | "keys" | "rename" | "delete" | "insert" | "leave" }
  | { readonly kind: "go" | "nudge"; readonly direction: Direction };

const ARROWS: Readonly<Record<string, Direction>> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };
const PLAIN: Readonly<Record<string, Command>> = {
  Delete: { kind: "delete" },
  Backspace: { kind: "delete" },
  F2: { kind: "rename" },
  "/": { kind: "search" },
  "?": { kind: "keys" },
  "+": { kind: "insert" },
  Escape: { kind: "leave" },
};

/** Null: the key is the browser's, or somebody else's. Copying and pasting are events of their own. */
export function commandOf({ key, ctrlKey, metaKey, shiftKey, altKey }: Key): Command | null {
  const direction = ARROWS[key];
  if (ctrlKey || metaKey) {
    if (altKey || direction !== undefined) return null;
    switch (key.toLowerCase()) {
      case "z":
        return { kind: shiftKey ? "redo" : "undo" };
      case "y":
        return { kind: "redo" };
      case "d":
        return { kind: "duplicate" };
      case "a":
        return { kind: "selectAll" };
      default:
        return null;
    }
  }
  if (direction !== undefined) return shiftKey ? null : { kind: altKey ? "nudge" : "go", direction };
  return altKey ? null : (PLAIN[key] ?? null);
}
