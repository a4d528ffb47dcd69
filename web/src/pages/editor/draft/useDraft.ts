import { createContext, use } from "react";
import { useStore } from "zustand";

import type { Draft, DraftStore } from "./draft";

export const DraftContext = createContext<DraftStore | null>(null);

export function useDraftStore(): DraftStore {
  const store = use(DraftContext);
  if (store === null) throw new Error("only within a DraftContext");
  return store;
}

export function useDraft<T>(select: (draft: Draft) => T): T {
  return useStore(useDraftStore(), select);
}

export interface History {
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  readonly undo: () => void;
  readonly redo: () => void;
}

export function useHistory(): History {
  const { temporal } = useDraftStore();
  const { pastStates, futureStates, undo, redo } = useStore(temporal);
  return { canUndo: pastStates.length > 0, canRedo: futureStates.length > 0, undo, redo };
}
