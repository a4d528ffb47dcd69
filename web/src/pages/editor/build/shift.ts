export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Box {
  readonly across: Span;
  readonly down: Span;
}

/** Where something can be seen, in the coordinates of the boxes. */
export interface Room {
  readonly across: Span;
  readonly down: Span;
  /** The upper left of what lies over the lower right; null: nothing does. */
  readonly corner: { readonly x: number; readonly y: number } | null;
}

export interface Shift {
  readonly x: number;
  readonly y: number;
}

/** Of what would be good to see, the first that there is room for; else the last. Null: there is nothing to see. */
export function shiftIntoView(wanted: readonly (readonly Box[])[], room: Room): Shift | null {
  const found = wanted.filter((boxes) => boxes.length > 0).map((boxes) => shiftOf(boxAround(boxes), room));
  return (found.find(({ fits }) => fits) ?? found.at(-1))?.shift ?? null;
}

/** Below this nobody reads a card. */
const READABLE = 0.6;

export interface Look extends Shift {
  /** How much smaller all becomes, before it is shifted. */
  readonly by: number;
}

/** The same, smaller where that makes room, as long as it can be read; `zoom`: as large as it is now. */
export function lookAt(wanted: readonly (readonly Box[])[], room: Room, zoom: number): Look | null {
  const found = wanted.filter((boxes) => boxes.length > 0).map((boxes) => lookOf(boxAround(boxes), room, zoom));
  return (found.find(({ fits }) => fits) ?? found.at(-1))?.look ?? null;
}

function lookOf(box: Box, room: Room, zoom: number): { readonly look: Look; readonly fits: boolean } {
  const high = Math.min(room.down.to, room.corner?.y ?? room.down.to) - room.down.from;
  const ratio = Math.min(1, (room.across.to - room.across.from) / lengthOf(box.across), high / lengthOf(box.down));
  const by = ratio * zoom < READABLE ? 1 : ratio;
  const smaller = { across: scaled(box.across, by), down: scaled(box.down, by) };
  const { shift, fits } = shiftOf(smaller, room);
  // What was made smaller stands in the middle of the room that it fills.
  const x = by < 1 ? (room.across.from + room.across.to - smaller.across.from - smaller.across.to) / 2 : shift.x;
  return { look: { by, x, y: shift.y }, fits };
}

function lengthOf({ from, to }: Span): number {
  return to - from;
}

function scaled({ from, to }: Span, by: number): Span {
  return { from: from * by, to: to * by };
}

function shiftOf({ across, down }: Box, room: Room): { readonly shift: Shift; readonly fits: boolean } {
  const x = shiftInto(across, room.across.from, room.across.to);
  const { corner } = room;
  const low = corner !== null && across.to + x > corner.x ? Math.min(room.down.to, corner.y) : room.down.to;
  // Of what was made to fit, the last digits may be over.
  const fits = lengthOf(across) <= lengthOf(room.across) + 0.5 && lengthOf(down) <= low - room.down.from + 0.5;
  return { shift: { x, y: shiftInto(down, room.down.from, low) }, fits };
}

function boxAround(boxes: readonly Box[]): Box {
  const span = (pick: (box: Box) => Span) => ({ from: Math.min(...boxes.map((box) => pick(box).from)), to: Math.max(...boxes.map((box) => pick(box).to)) });
  return { across: span((box) => box.across), down: span((box) => box.down) };
}

/** How far what reaches from here to there has to move to be between two edges; its beginning counts where it is too long. */
export function shiftInto(span: Span, low: number, high: number): number {
  if (span.from < low) return low - span.from;
  if (span.to > high) return Math.max(high - span.to, low - span.from);
  return 0;
}
