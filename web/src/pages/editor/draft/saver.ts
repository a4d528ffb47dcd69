/** Sends a draft to the server a moment after each change, one request at a time, until the server has all of it. */

import { createStore } from "zustand/vanilla";

import type { Drawing } from "@/flow/drawing";
import { Obstacle } from "@/parts/problem";
import { draftTexts } from "@/texts/draft";

import type { DraftStore } from "./draft";
import { after, begun, dueIn, isDirty, type SaveEvent, type SaveState, type Stored } from "./saving";

export class NotSaved extends Obstacle {
  constructor(why: keyof typeof draftTexts.notSaved) {
    super(draftTexts.notSaved[why]);
  }
}

/** What a save came to. */
export type Outcome =
  | { readonly kind: "answered"; readonly revision: number }
  | { readonly kind: "overtaken"; readonly theirs: Stored }
  | { readonly kind: "refused"; readonly error: unknown }
  | { readonly kind: "failed" };

export interface Ports {
  /** `again`: an earlier one was not answered, so that what is known of the server may be old. */
  readonly send: (drawing: Drawing, revision: number, again: boolean) => Promise<Outcome>;
  /** Calls it after so many milliseconds; what is given back takes that back. */
  readonly later: (milliseconds: number, call: () => void) => () => void;
  /** Kept on this machine until the server has it; null: it has. */
  readonly keep: (unsaved: Stored | null) => void;
  /** Somebody else's drawing is here now. */
  readonly onTaken: () => void;
}

export type Saver = ReturnType<typeof createSaver>;

export function createSaver(draft: DraftStore, stored: Stored, ports: Ports) {
  const store = createStore<SaveState>()(() => begun(stored, draft.getState().drawing));
  let cancel = () => {};
  let underWay: Promise<void> | null = null;
  let isOn = true;

  function dispatch(event: SaveEvent): void {
    const before = store.getState();
    const now = after(before, event);
    if (now === before) return;
    store.setState(now, true);
    if (event.kind !== "drawn" && now.drawing !== before.drawing) {
      // What was here is one step back.
      draft.getState().change(() => now.drawing);
      ports.onTaken();
    }
    if (now.drawing !== before.drawing || now.stored !== before.stored) keep(now);
    plan();
  }

  function keep(now: SaveState): void {
    ports.keep(isDirty(now) ? { revision: now.stored.revision, drawing: now.drawing } : null);
  }

  function plan(): void {
    cancel();
    // What is not saved by then is kept here, and goes on where the page is opened again.
    const due = isOn ? dueIn(store.getState()) : null;
    cancel = due === null ? () => {} : ports.later(due, () => void send());
  }

  function send(): Promise<void> {
    underWay ??= sendOnce().finally(() => {
      underWay = null;
    });
    return underWay;
  }

  async function sendOnce(): Promise<void> {
    const { drawing, stored: known, trouble } = store.getState();
    dispatch({ kind: "sent" });
    dispatch(await ports.send(drawing, known.revision, trouble !== null));
  }

  /** Until the server has what is drawn now; throws what stands in its way. */
  async function flush(): Promise<void> {
    await underWay;
    while (isDirty(store.getState())) {
      if (store.getState().trouble?.kind !== "conflict") await send();
      const { trouble } = store.getState();
      if (trouble?.kind === "refused") throw trouble.error;
      if (trouble !== null) throw new NotSaved(trouble.kind);
    }
  }

  let stop = () => {};

  /** From now on, until the end; it may begin again. */
  function begin(): void {
    stop();
    isOn = true;
    stop = draft.subscribe((now) => {
      if (now.drawing !== store.getState().drawing) dispatch({ kind: "drawn", drawing: now.drawing });
    });
    plan();
  }

  /** Goes on with what was drawn earlier and never saved; theirs is compared where it has changed meanwhile. */
  function resume(unsaved: Stored): void {
    const { stored: theirs } = store.getState();
    draft.getState().change(() => unsaved.drawing);
    const isBehind = unsaved.revision !== theirs.revision;
    store.setState({ ...begun(theirs, unsaved.drawing), trouble: isBehind ? { kind: "conflict", theirs } : null }, true);
  }

  begin();

  return {
    store,
    dispatch,
    flush,
    begin,
    resume,
    /** Now rather than in a moment: the connection is back, or the page is left. */
    hurry: () => {
      const { trouble } = store.getState();
      if (isDirty(store.getState()) && trouble?.kind !== "conflict") void send();
    },
    end: () => {
      isOn = false;
      cancel();
      stop();
    },
  };
}
