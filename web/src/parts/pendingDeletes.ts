/** Deletions that can still be taken back: they are sent when their time is over, or when the page is left. */

import { create } from "zustand";

export const UNDO_MILLISECONDS = 7_000;

interface Pending {
  readonly timer: ReturnType<typeof setTimeout>;
  readonly send: () => void;
}

interface PendingDeletes {
  readonly pending: ReadonlyMap<string, Pending>;
  /** What is in here is no longer shown. */
  readonly add: (id: string, send: () => void) => void;
  readonly undo: (id: string) => void;
  readonly sendAll: () => void;
}

/** Called once, by the application: whoever deleted something may be gone from the page by then. */
export function sendDeletesOnLeaving(): void {
  window.addEventListener("pagehide", usePendingDeletes.getState().sendAll);
}

export const usePendingDeletes = create<PendingDeletes>((set, get) => {
  function take(id: string): Pending | undefined {
    const found = get().pending.get(id);
    if (found === undefined) return undefined;
    clearTimeout(found.timer);
    set({ pending: new Map([...get().pending].filter(([other]) => other !== id)) });
    return found;
  }
  return {
    pending: new Map(),
    add(id, send) {
      take(id);
      // It stays in here while it is sent: taken out before, it would come back for a moment.
      const timer = setTimeout(send, UNDO_MILLISECONDS);
      set({ pending: new Map([...get().pending, [id, { timer, send }]]) });
    },
    undo: (id) => void take(id),
    sendAll: () => [...get().pending.keys()].forEach((id) => take(id)?.send()),
  };
});
