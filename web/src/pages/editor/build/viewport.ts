import { isObject } from "@/flow/drawing";

/** Null: it was not kept, or what was kept is none, or that of a canvas that nobody has looked at. */
export function viewportOf(value: unknown): { x: number; y: number; zoom: number } | null {
  if (!isObject(value)) return null;
  const { x, y, zoom } = value;
  if (typeof x !== "number" || typeof y !== "number" || typeof zoom !== "number" || zoom <= 0) return null;
  return x === 0 && y === 0 && zoom === 1 ? null : { x, y, zoom };
}
