/** Where on a line its `+` and the name of its way stand, so that neither hides the other or the arrow. */

import type { Position as Point } from "@/flow/drawing";

export interface Ends {
  readonly sourceX: number;
  readonly sourceY: number;
  readonly targetX: number;
  readonly targetY: number;
  readonly sourcePosition: string;
}

// Where a free end has the name of its way.
const BELOW = 9;
const BESIDE = 30;
/** Of a straight line with a name at its beginning. */
const LOWER = 0.6;

export function wayOf({ sourceX, sourceY, sourcePosition }: Ends): Point {
  return sourcePosition === "right" ? { x: sourceX + BESIDE, y: sourceY } : { x: sourceX, y: sourceY + BELOW };
}

/** How much of a name is left of its handle, in percent: names of handles beside each other lean apart. `place`: of the handle on its edge. */
export function leftOfHandle(place: number | null): number {
  if (place === null || place === 50) return 50;
  return place < 50 ? 85 : 15;
}

export function plusOf({ sourceX, sourceY, targetX, targetY }: Ends, middle: Point, isNamed: boolean): Point {
  const isStraight = Math.abs(sourceX - targetX) < 1 && targetY > sourceY;
  return isStraight && isNamed ? { x: sourceX, y: sourceY + (targetY - sourceY) * LOWER } : middle;
}
