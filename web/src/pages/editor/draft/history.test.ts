import { describe, expect, it } from "vitest";

import { type Drawing, parseDrawing } from "@/flow/drawing";

import { createDraft } from "./draft";
import { historyOf } from "./history";

const drawn = (...ids: readonly string[]) => parseDrawing(ids.map((id) => ({ id, type: "logic-stop" })), []);
const without = (id: string) => (drawing: Drawing) => ({ ...drawing, nodes: drawing.nodes.filter((node) => node.id !== id) });
const idsIn = (draft: ReturnType<typeof createDraft>) => draft.getState().drawing.nodes.map((node) => node.id);

function tab() {
  const kept = new Map<string, string>();
  return { kept, getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, text: string) => void kept.set(key, text), removeItem: (key: string) => void kept.delete(key) };
}

/** Two deleted, one of them brought back. */
function worked() {
  const draft = createDraft(drawn("a", "b", "c"));
  draft.getState().change(without("c"));
  draft.getState().change(without("b"));
  draft.temporal.getState().undo();
  return draft;
}

describe("after a reload", () => {
  it("what was undone and redone can be, of the same drawing", () => {
    const storage = tab();
    historyOf("ada", "one", storage).keep(worked());
    const after = createDraft(drawn("a", "b"));
    historyOf("ada", "one", storage).bringBack(after);
    after.temporal.getState().redo();
    expect(idsIn(after)).toEqual(["a"]);
    after.temporal.getState().undo(2);
    expect(idsIn(after)).toEqual(["a", "b", "c"]);
    historyOf("ada", "one", storage).keep(createDraft(drawn("a")));
    expect(storage.kept.size).toBe(0);
  });

  it("nothing can be, where the drawing is another one by now, or another person’s", () => {
    const storage = tab();
    historyOf("ada", "one", storage).keep(worked());
    const [other, changed] = [createDraft(drawn("a", "b")), createDraft(drawn("a", "x"))];
    historyOf("bob", "one", storage).bringBack(other);
    historyOf("ada", "one", storage).bringBack(changed);
    expect([other, changed].map((draft) => draft.temporal.getState().pastStates)).toEqual([[], []]);
  });

  it("what cannot be read, or has no room, is no history", () => {
    const storage = tab();
    storage.setItem("automations/undo/ada/one", '{"now": {"nodes": 3}}');
    const draft = createDraft(drawn("a", "b"));
    historyOf("ada", "one", storage).bringBack(draft);
    expect(draft.temporal.getState().pastStates).toEqual([]);
    const full = { ...storage, setItem: () => { throw new Error("full"); } };
    expect(() => historyOf("ada", "one", full).keep(worked())).not.toThrow();
  });
});
