/** Where the picker stands: below what it was opened from, above where there is no room, and always whole. */

export interface Room {
  readonly width: number;
  readonly height: number;
}

export const PICKER: Room = { width: 320, height: 420 };
const GAP = 10;
/** Of what it is opened from. */
const TALL = 24;

export function beside(spot: { readonly x: number; readonly y: number }, room: Room): { left: number; top: number } {
  const left = Math.max(GAP, Math.min(spot.x - PICKER.width / 2, room.width - PICKER.width - GAP));
  const below = spot.y + GAP;
  if (below + PICKER.height <= room.height - GAP) return { left, top: below };
  const above = spot.y - TALL - GAP - PICKER.height;
  return { left, top: above >= GAP ? above : Math.max(GAP, room.height - PICKER.height - GAP) };
}
