/** What is under a point of the canvas, and what is dragged over it. */

import type { Place } from "@/flow/insert";

const TYPE = "application/x-automations-step";

export function dragType(transfer: DataTransfer, type: string): void {
  transfer.setData(TYPE, type);
  transfer.effectAllowed = "copy";
}

export function draggedType(transfer: DataTransfer): string | null {
  return transfer.getData(TYPE) || null;
}

/** A line, or a free end; null: neither. */
export function placeUnder(x: number, y: number): Place | null {
  for (const element of document.elementsFromPoint(x, y)) {
    const end = element.closest<HTMLElement>("[data-after]");
    if (end?.dataset["after"] !== undefined) return { kind: "after", source: end.dataset["after"], handle: end.dataset["handle"] ?? null };
    const edge = element.closest<HTMLElement>("[data-edge]")?.dataset["edge"] ?? element.closest(".react-flow__edge")?.getAttribute("data-id");
    if (edge !== null && edge !== undefined) return { kind: "edge", edge };
  }
  return null;
}

export function stepUnder(x: number, y: number): string | null {
  return document.elementFromPoint(x, y)?.closest(".react-flow__node")?.getAttribute("data-id") ?? null;
}
