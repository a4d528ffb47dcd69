export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Box {
  readonly across: Span;
  readonly down: Span;
}

/** Of what would be good to see, the first that there is room for; else the last. Boxes of each, in one system of coordinates. */
export function whatFits(wanted: readonly (readonly Box[])[], room: { readonly width: number; readonly height: number }): Box | null {
  const around = wanted.filter((boxes) => boxes.length > 0).map(boxAround);
  const fits = ({ across, down }: Box) => across.to - across.from <= room.width && down.to - down.from <= room.height;
  return around.find(fits) ?? around.at(-1) ?? null;
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
