import { useState } from "react";

import { offeredFor } from "@/parts/offered";
import { variableTexts as texts } from "@/texts/variables";

import { useVariableList, type VariableListState } from "./useVariableList";

export interface KnownList extends VariableListState {
  /** Nobody points at any of it any more. */
  readonly reset: () => void;
}

/** What stands in the column already. Any other text may be typed: Enter takes one of these only where somebody went to it. */
export function useKnownList(known: readonly string[], typed: string): KnownList {
  const [isPointed, setPointed] = useState(false);
  const offered = offeredFor(known.map((label) => ({ label })), typed);
  const variables = offered.map(({ label }) => ({ path: label, name: label, sample: "", children: [] }));
  const list = useVariableList([{ nodeId: null, title: texts.inUse, variables }], "");
  return {
    ...list,
    active: isPointed ? list.active : null,
    activeId: (listId) => (isPointed ? list.activeId(listId) : undefined),
    point: (path) => {
      setPointed(true);
      list.point(path);
    },
    reset: () => setPointed(false),
    onKey(event, onChoose) {
      if (isPointed) return event.key !== "Tab" && list.onKey(event, onChoose);
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return false;
      setPointed(true);
      event.preventDefault();
      return true;
    },
  };
}
