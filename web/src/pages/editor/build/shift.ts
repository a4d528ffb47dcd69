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

function shiftOf({ across, down }: Box, room: Room): { readonly shift: Shift; readonly fits: boolean } {
  const x = shiftInto(across, room.across.from, room.across.to);
  const { corner } = room;
  const low = corner !== null && across.to + x > corner.x ? Math.min(room.down.to, corner.y) : room.down.to;
  const fits = across.to - across.from <= room.across.to - room.across.from && down.to - down.from <= low - room.down.from;
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
