/** What steps and lines of the canvas can be asked to do. None: the canvas is only looked at. */

import { createContext, use } from "react";

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
}

export const CanvasActionsContext = createContext<CanvasActions | null>(null);

export function useCanvasActions(): CanvasActions | null {
  return use(CanvasActionsContext);
}

export function spotOf(element: Element): Spot {
  const { left, width, bottom } = element.getBoundingClientRect();
  return { x: left + width / 2, y: bottom };
}
