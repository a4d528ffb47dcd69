import { describe, expect, it } from "vitest";

import { parseDrawing, writeNodes } from "./drawing";
import { removeNodes } from "./edit";
import { addNote, moveNotes, removeNote, resizeNote, writeOn } from "./notes";
import { CATALOGUE, flow } from "./testFlows";

describe("a note on the canvas", () => {
  const { drawing, id } = addNote(flow("start>send"), { x: 40, y: 80 });

  it("is no step, and is written and read again", () => {
    const written = writeNodes(writeOn(drawing, id, "Why so late?"));
    expect(written.at(-1)).toEqual({ id: "note", type: "note", position: { x: 40, y: 80 }, width: 220, height: 120, data: { text: "Why so late?" } });
    const read = parseDrawing(written, []);
    expect(read.nodes.map((node) => node.id)).toEqual(["start", "send"]);
    expect(read.notes.map((note) => note.text)).toEqual(["Why so late?"]);
    expect(writeNodes(read)).toEqual(written);
  });

  it("is moved, sized and taken away", () => {
    const moved = resizeNote(moveNotes(drawing, new Map([[id, { x: 0, y: 4 }]])), id, { width: 300.4, height: 10 });
    expect(moved.notes[0]).toMatchObject({ position: { x: 0, y: 4 }, width: 300, height: 80 });
    expect(removeNote(moved, id).notes).toEqual([]);
    expect(writeOn(moved, id, "")).toBe(moved);
  });

  it("stays when steps go", () => {
    expect(removeNodes(drawing, CATALOGUE, new Set(["send"])).notes).toHaveLength(1);
  });
});
