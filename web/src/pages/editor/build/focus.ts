/** The focus of the keyboard on the canvas. */

import { create } from "zustand";

interface WantedStep {
  readonly id: string;
  /** It has just come: what is around it may become smaller for it. */
  readonly isNew: boolean;
}

/** The step that is to have the focus as soon as it is drawn and in sight; an object of its own each time. */
export const useWantedStep = create<{ readonly wanted: WantedStep | null }>()(() => ({ wanted: null }));

export function focusStep(id: string | null, isNew = false): void {
  if (id !== null) useWantedStep.setState({ wanted: { id, isNew } });
}

/** The name of a step, which is its button. */
export function stepElement(id: string): HTMLElement | null {
  return document.querySelector(`[data-step="${CSS.escape(id)}"]`);
}

/** Of the step that has the focus. */
export function focusedStep(): string | null {
  const element = document.activeElement?.closest(".react-flow__node");
  return element?.getAttribute("data-id") ?? null;
}

export function focusNote(id: string): void {
  // Once it is drawn, and React Flow has shown it.
  requestAnimationFrame(() => requestAnimationFrame(() => document.querySelector<HTMLElement>(`[data-note="${CSS.escape(id)}"]`)?.focus()));
}
