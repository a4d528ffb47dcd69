/** How far what reaches from here to there has to move to be between two edges; its beginning counts where it is too long. */
export function shiftInto(span: { readonly from: number; readonly to: number }, low: number, high: number): number {
  if (span.from < low) return low - span.from;
  if (span.to > high) return Math.max(high - span.to, low - span.from);
  return 0;
}
