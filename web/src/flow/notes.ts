/** What people write on the canvas beside the steps. The server keeps it, and no run sees it. */

import type { Drawing, Position, StickyNote } from "./drawing";
import { newId } from "./ids";

export const NOTE_WIDTH = 220;
export const NOTE_HEIGHT = 120;
const SMALLEST = 80;

export function addNote(drawing: Drawing, position: Position): { drawing: Drawing; id: string } {
  const taken = new Set([...drawing.nodes, ...drawing.notes].map((one) => one.id));
  const id = newId("note", taken);
  const note: StickyNote = { id, text: "", position, width: NOTE_WIDTH, height: NOTE_HEIGHT, rest: {}, dataRest: {} };
  return { drawing: { ...drawing, notes: [...drawing.notes, note] }, id };
}

export function writeOn(drawing: Drawing, id: string, text: string): Drawing {
  return changed(drawing, id, (note) => (note.text === text ? note : { ...note, text }));
}

export function moveNotes(drawing: Drawing, places: ReadonlyMap<string, Position>): Drawing {
  if (!drawing.notes.some((note) => places.has(note.id))) return drawing;
  return { ...drawing, notes: drawing.notes.map((note) => ({ ...note, position: places.get(note.id) ?? note.position })) };
}

export function resizeNote(drawing: Drawing, id: string, { width, height }: { width: number; height: number }): Drawing {
  return changed(drawing, id, (note) => ({ ...note, width: Math.max(SMALLEST, Math.round(width)), height: Math.max(SMALLEST, Math.round(height)) }));
}

export function removeNote(drawing: Drawing, id: string): Drawing {
  return { ...drawing, notes: drawing.notes.filter((note) => note.id !== id) };
}

function changed(drawing: Drawing, id: string, change: (note: StickyNote) => StickyNote): Drawing {
  const notes = drawing.notes.map((note) => (note.id === id ? change(note) : note));
  return notes.every((note, index) => note === drawing.notes[index]) ? drawing : { ...drawing, notes };
}
