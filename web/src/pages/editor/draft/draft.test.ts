import { describe, expect, it } from "vitest";

import { setLabel } from "@/flow/edit";
import { type Drawing, parseDrawing } from "@/flow/drawing";

import { createDraft } from "./draft";

const FIRST = parseDrawing([{ id: "a", type: "logic-stop" }, { id: "b", type: "logic-stop" }], []);
const without = (id: string) => (drawing: Drawing) => ({ ...drawing, nodes: drawing.nodes.filter((node) => node.id !== id) });
const label = (text: string) => (drawing: Drawing) => setLabel(drawing, "a", text);

describe("a draft", () => {
  it("goes back and forth by steps", () => {
    const draft = createDraft(FIRST);
    draft.getState().change(without("b"));
    const { undo, redo } = draft.temporal.getState();
    undo();
    expect(draft.getState().drawing).toBe(FIRST);
    redo();
    expect(draft.getState().drawing.nodes.map((node) => node.id)).toEqual(["a"]);
  });

  it("takes back together what was typed together", () => {
    let time = 0;
    const draft = createDraft(FIRST, () => time);
    draft.getState().change(label("H"), "a/label");
    time = 500;
    draft.getState().change(label("Hi"), "a/label");
    time = 3_000;
    draft.getState().change(label("Hi there"), "a/label");
    const labels = () => draft.getState().drawing.nodes[0]?.label;
    draft.temporal.getState().undo();
    expect(labels()).toBe("Hi");
    draft.temporal.getState().undo();
    expect(labels()).toBeNull();
  });

  it("selects what is there", () => {
    const draft = createDraft(FIRST);
    draft.getState().select(["a", "b"]);
    draft.getState().change(without("b"));
    expect([...draft.getState().selection]).toEqual(["a"]);
  });

  it("has nothing to take back after what the server says", () => {
    const draft = createDraft(FIRST);
    draft.getState().change(without("b"));
    draft.getState().reset(FIRST);
    draft.temporal.getState().undo();
    expect(draft.getState().drawing).toBe(FIRST);
  });
});
