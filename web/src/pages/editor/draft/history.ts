/** What can be undone and redone outlives a reload: in this tab, for the drawing that it belongs to, and no other. */

import { type Drawing, isObject, parseDrawing, writeEdges, writeNodes } from "@/flow/drawing";

import type { DraftStore } from "./draft";
import { isSameDrawing } from "./saving";

export interface HistoryKeeper {
  readonly keep: (draft: DraftStore) => void;
  readonly bringBack: (draft: DraftStore) => void;
}

const MOST_STEPS = 50;
// A tab has some five million letters for all that it keeps.
const MOST_LETTERS = 1_500_000;

/** Of one person and one automation. */
export function historyOf(person: string, automation: string, storage: Pick<Storage, "getItem" | "setItem" | "removeItem"> = sessionStorage): HistoryKeeper {
  const key = `automations/undo/${person}/${automation}`;
  return {
    keep(draft) {
      try {
        const text = written(draft);
        if (text === null) storage.removeItem(key);
        else storage.setItem(key, text);
      } catch {
        // There is no room, or it may not be used: undo begins anew.
      }
    },
    bringBack(draft) {
      try {
        const value: unknown = JSON.parse(storage.getItem(key) ?? "null");
        if (!isObject(value) || !isSameDrawing(read(value["now"]), draft.getState().drawing)) return;
        draft.temporal.setState({ pastStates: steps(value["past"]), futureStates: steps(value["future"]) });
      } catch {
        // What cannot be read is no history.
      }
    },
  };
}

/** Null: there is nothing to undo or redo, or too much of it. */
function written(draft: DraftStore): string | null {
  const { pastStates, futureStates } = draft.temporal.getState();
  if (pastStates.length === 0 && futureStates.length === 0) return null;
  const all = (states: typeof pastStates) => states.slice(-MOST_STEPS).flatMap(({ drawing }) => (drawing === undefined ? [] : [plain(drawing)]));
  const text = JSON.stringify({ now: plain(draft.getState().drawing), past: all(pastStates), future: all(futureStates) });
  return text.length > MOST_LETTERS ? null : text;
}

function plain(drawing: Drawing) {
  return { nodes: writeNodes(drawing), edges: writeEdges(drawing) };
}

function read(value: unknown): Drawing {
  if (!isObject(value) || !Array.isArray(value["nodes"]) || !Array.isArray(value["edges"])) throw new Error("it is no drawing");
  return parseDrawing(value["nodes"], value["edges"]);
}

function steps(value: unknown): { drawing: Drawing }[] {
  return Array.isArray(value) ? value.map((one) => ({ drawing: read(one) })) : [];
}
