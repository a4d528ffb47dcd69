/** What is saved of a draft and what is not: one value, and what happens to it. */

import { isSame } from "@/flow/diff";
import { type Drawing, writeEdges, writeNodes } from "@/flow/drawing";

/** What the server has: its revision is what the next save is compared with. */
export interface Stored {
  readonly revision: number;
  readonly drawing: Drawing;
}

export type Trouble =
  | { readonly kind: "offline"; readonly tries: number }
  /** The server does not take it as it is: the next change is sent again. */
  | { readonly kind: "refused"; readonly error: unknown }
  | { readonly kind: "conflict"; readonly theirs: Stored };

export interface SaveState {
  readonly stored: Stored;
  /** As it is drawn now. */
  readonly drawing: Drawing;
  readonly sending: Drawing | null;
  /** Sent, and never answered: the server may have one of them all the same. */
  readonly unanswered: readonly Drawing[];
  readonly trouble: Trouble | null;
}

export type SaveEvent =
  | { readonly kind: "drawn"; readonly drawing: Drawing }
  | { readonly kind: "sent" }
  | { readonly kind: "answered"; readonly revision: number }
  | { readonly kind: "failed" }
  | { readonly kind: "refused"; readonly error: unknown }
  /** What the server had when it was looked at; of use only while nothing is under way. */
  | { readonly kind: "seen"; readonly stored: Stored }
  /** A save was turned down because of what the server has by now. */
  | { readonly kind: "overtaken"; readonly theirs: Stored }
  | { readonly kind: "keep-mine" }
  | { readonly kind: "take-theirs" };

export function begun(stored: Stored, drawing: Drawing = stored.drawing): SaveState {
  return { stored, drawing, sending: null, unanswered: [], trouble: null };
}

export function isDirty({ drawing, stored }: SaveState): boolean {
  return drawing !== stored.drawing;
}

export function after(state: SaveState, event: SaveEvent): SaveState {
  switch (event.kind) {
    case "drawn":
      return { ...state, drawing: event.drawing, trouble: state.trouble?.kind === "refused" ? null : state.trouble };
    case "sent":
      return { ...state, sending: state.drawing };
    case "answered":
      return state.sending === null
        ? state
        : { ...state, stored: { revision: event.revision, drawing: state.sending }, sending: null, unanswered: [], trouble: null };
    case "failed":
      return { ...state, sending: null, unanswered: [...state.unanswered, ...(state.sending === null ? [] : [state.sending])], trouble: { kind: "offline", tries: triesOf(state.trouble) + 1 } };
    case "refused":
      return { ...state, sending: null, trouble: { kind: "refused", error: event.error } };
    case "overtaken":
      return { ...state, sending: null, ...met(state, event.theirs) };
    case "seen":
      if (state.sending !== null || event.stored.revision <= state.stored.revision) return state;
      return { ...state, ...met(state, event.stored) };
    case "keep-mine":
      return state.trouble?.kind === "conflict" ? { ...state, stored: state.trouble.theirs, trouble: null } : state;
    case "take-theirs":
      return state.trouble?.kind === "conflict"
        ? { ...state, stored: state.trouble.theirs, drawing: state.trouble.theirs.drawing, trouble: null }
        : state;
  }
}

/** Whoever has changed nothing gets theirs; what is the same on both sides is no conflict. */
function met(state: SaveState, theirs: Stored): Partial<SaveState> {
  if (isSameDrawing(state.drawing, theirs.drawing)) return { stored: { ...theirs, drawing: state.drawing }, unanswered: [], trouble: null };
  if (!isDirty(state)) return { stored: theirs, drawing: theirs.drawing, trouble: null };
  const mine = [...state.unanswered, ...(state.sending === null ? [] : [state.sending])].some((sent) => isSameDrawing(sent, theirs.drawing));
  if (mine) return { stored: theirs, unanswered: [], trouble: null };
  return { trouble: { kind: "conflict", theirs } };
}

const SOON_MS = 800;
const LONGEST_MS = 30_000;

/** After how many milliseconds it is to be sent; null: not by itself. */
export function dueIn(state: SaveState): number | null {
  if (!isDirty(state) || state.sending !== null) return null;
  switch (state.trouble?.kind) {
    case "conflict":
    case "refused":
      return null;
    case "offline":
      return Math.min(LONGEST_MS, 1_000 * 2 ** (state.trouble.tries - 1));
    case undefined:
      return SOON_MS;
  }
}

export function isSameDrawing(a: Drawing, b: Drawing): boolean {
  return isSame(writeNodes(a), writeNodes(b)) && isSame(writeEdges(a), writeEdges(b));
}

function triesOf(trouble: Trouble | null): number {
  return trouble?.kind === "offline" ? trouble.tries : 0;
}
