/** The drawing that is being changed: what is undone and redone, and what is selected. */

import { temporal } from "zundo";
import { createStore } from "zustand/vanilla";

import { type Drawing, nodeOf } from "@/flow/drawing";

/** Letters typed into one field within this time are undone together. */
const TOGETHER_MS = 1_000;
const MOST_STEPS_BACK = 200;

export interface Draft {
  readonly drawing: Drawing;
  /** Ids of steps. */
  readonly selection: ReadonlySet<string>;
  /** One step of undo; changes of one `field` in quick succession are one. What returns the same drawing changes nothing. */
  readonly change: (next: (drawing: Drawing) => Drawing, field?: string) => void;
  readonly select: (ids: Iterable<string>) => void;
  /** What the server has, in place of all that is here; there is nothing to undo after it. */
  readonly reset: (drawing: Drawing) => void;
}

export type DraftStore = ReturnType<typeof createDraft>;

export function createDraft(first: Drawing, now: () => number = Date.now) {
  let last: { readonly field: string | undefined; readonly at: number } = { field: undefined, at: 0 };
  const store = createStore<Draft>()(
    temporal(
      (set, get) => ({
        drawing: first,
        selection: new Set<string>(),
        change: (next, field) => {
          const drawing = next(get().drawing);
          if (drawing === get().drawing) return;
          const goesOn = field !== undefined && field === last.field && now() - last.at < TOGETHER_MS;
          last = { field, at: now() };
          const history = store.temporal.getState();
          if (goesOn) history.pause();
          set({ drawing, selection: stillThere(drawing, get().selection) });
          if (goesOn) history.resume();
        },
        select: (ids) => set({ selection: new Set(ids) }),
        reset: (drawing) => {
          set({ drawing, selection: stillThere(drawing, get().selection) });
          last = { field: undefined, at: 0 };
          store.temporal.getState().clear();
        },
      }),
      {
        partialize: ({ drawing }) => ({ drawing }),
        equality: (before, after) => before.drawing === after.drawing,
        limit: MOST_STEPS_BACK,
      },
    ),
  );
  return store;
}

function stillThere(drawing: Drawing, selection: ReadonlySet<string>): ReadonlySet<string> {
  const left = [...selection].filter((id) => nodeOf(drawing, id) !== null);
  return left.length === selection.size ? selection : new Set(left);
}
