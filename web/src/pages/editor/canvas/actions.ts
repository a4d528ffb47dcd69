/** What steps and lines of the canvas can be asked to do. None: the canvas is only looked at. */

import { createContext, use } from "react";

import type { Position } from "@/flow/drawing";
import type { Place } from "@/flow/insert";

/** Of an element: where the picker opens beside it. */
export interface Spot {
  readonly x: number;
  readonly y: number;
}

export interface CanvasActions {
  readonly pick: (place: Place, spot: Spot) => void;
  readonly replace: (id: string, spot: Spot) => void;
  readonly open: (id: string) => void;
  readonly duplicate: (ids: ReadonlySet<string>) => void;
  readonly remove: (ids: ReadonlySet<string>) => void;
  readonly setDisabled: (ids: ReadonlySet<string>, disabled: boolean) => void;
  readonly removeLine: (edge: string) => void;
  readonly notes: {
    readonly write: (id: string, text: string) => void;
    readonly remove: (id: string) => void;
    readonly nudge: (id: string, by: Position) => void;
  };
}

export const CanvasActionsContext = createContext<CanvasActions | null>(null);

export function useCanvasActions(): CanvasActions | null {
  return use(CanvasActionsContext);
}

/** Below an element; of what is in a card, below the card. */
export function spotOf(element: Element): Spot {
  const card = element.matches("[data-step]") ? element.closest(".react-flow__node") : null;
  const { left, width, bottom } = (card ?? element).getBoundingClientRect();
  return { x: left + width / 2, y: bottom };
}
