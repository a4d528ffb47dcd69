/** Where the picker stands: below what it was opened from, beside it where there is no room, and always whole. */

export interface Room {
  readonly width: number;
  readonly height: number;
}

export const PICKER: Room = { width: 320, height: 420 };
const GAP = 10;
/** From the middle of what it is opened from, which may have a name above it. */
const ASIDE = 56;

export function beside(spot: { readonly x: number; readonly y: number }, room: Room): { left: number; top: number } {
  const left = Math.max(GAP, Math.min(spot.x - PICKER.width / 2, room.width - PICKER.width - GAP));
  const below = spot.y + GAP;
  if (below + PICKER.height <= room.height - GAP) return { left, top: below };
  const right = spot.x + ASIDE;
  const whole = right + PICKER.width <= room.width - GAP ? right : Math.max(GAP, spot.x - ASIDE - PICKER.width);
  return { left: whole, top: Math.max(GAP, Math.min(spot.y - PICKER.height / 2, room.height - PICKER.height - GAP)) };
}
