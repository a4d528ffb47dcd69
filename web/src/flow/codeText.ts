/** What the tabulator does in a field of code. */

const STEP = "    ";

export interface Selected {
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

/** Blanks at the cursor; of several lines, or backwards, at the beginning of each. */
export function indented(text: string, start: number, end: number, isBack: boolean): Selected {
  if (!isBack && !text.slice(start, end).includes("\n")) {
    return { text: text.slice(0, start) + STEP + text.slice(end), start: start + STEP.length, end: start + STEP.length };
  }
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const lines = text.slice(from, end).split("\n");
  const changed = lines.map((line) => (isBack ? line.replace(/^ {1,4}/, "") : STEP + line));
  const first = (changed[0]?.length ?? 0) - (lines[0]?.length ?? 0);
  const all = changed.join("\n").length - lines.join("\n").length;
  return { text: text.slice(0, from) + changed.join("\n") + text.slice(end), start: Math.max(from, start + first), end: end + all };
}
