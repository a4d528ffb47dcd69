/** What can be done to the drawing from the Build tab: each one step of undo, and said to those who do not see it. */

import { notifications } from "@mantine/notifications";
import { useMemo } from "react";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import { copied, duplicated, pasted, readClipboard } from "@/flow/clipboard";
import { type Connection, connect, reconnected, type Refusal, refusalOf } from "@/flow/connect";
import { type Drawing, isTrigger, nodeOf, type Position } from "@/flow/drawing";
import { moveNodes, removeEdges, removeNodes, setDisabled } from "@/flow/edit";
import { inserted, type Place, replaced } from "@/flow/insert";
import { arranged, placed } from "@/flow/layout";
import { addNote, moveNotes, removeNote, resizeNote, writeOn } from "@/flow/notes";
import { graphOf, into } from "@/flow/graph";
import { canvasTexts as texts } from "@/texts/canvas";

import type { Held } from "@/pages/editor/canvas/changes";
import type { DraftStore } from "@/pages/editor/draft/draft";
import { useDraftStore } from "@/pages/editor/draft/useDraft";
import { say } from "./said";
import { focusNote, focusStep } from "./focus";

export type Build = ReturnType<typeof createBuild>;

export function useBuild(catalogue: Catalogue): Build {
  const store = useDraftStore();
  return useMemo(() => createBuild(store, catalogue), [store, catalogue]);
}

function createBuild(store: DraftStore, catalogue: Catalogue) {
  const now = () => store.getState().drawing;
  const change = (next: Drawing) => store.getState().change(() => next);
  const select = (ids: Iterable<string>) => store.getState().select(ids);

  function refuse(refusal: Refusal) {
    const message = texts.refusals[refusal];
    notifications.show({ color: "yellow", message });
    say(message);
  }

  return {
    insert: (type: string, place: Place) => {
      const { drawing, id } = inserted(now(), catalogue, type, place);
      change(drawing);
      select([id]);
      say(texts.said.added(catalogue.get(type)?.title ?? type));
      focusStep(id, true);
    },
    replace: (id: string, type: string) => {
      change(replaced(now(), catalogue, id, type));
      select([id]);
      say(texts.said.replaced(catalogue.get(type)?.title ?? type));
      focusStep(id);
    },
    connect: (wanted: Connection) => {
      const refusal = refusalOf(now(), catalogue, wanted);
      if (refusal !== null) {
        refuse(refusal);
        return;
      }
      change(arranged(connect(now(), catalogue, wanted)));
      say(texts.said.lineAdded);
    },
    reconnect: (edge: string, wanted: Connection) => {
      const next = reconnected(now(), catalogue, edge, wanted);
      if (typeof next === "string") {
        refuse(next);
        return;
      }
      change(arranged(next));
      say(texts.said.lineAdded);
    },
    removeLine: (edge: string) => {
      change(removeEdges(now(), new Set([edge])));
      say(texts.said.lineDeleted);
    },
    move: ({ places, sizes }: Held) => {
      const stepsMoved = [...places.keys()].some((id) => nodeOf(now(), id) !== null);
      const steps = stepsMoved ? moveNodes(placed(now()), places) : now();
      change([...sizes].reduce((drawing, [id, size]) => resizeNote(drawing, id, size), moveNotes(steps, places)));
    },
    nudge: (ids: ReadonlySet<string>, by: Position) => {
      const shown = placed(now());
      const places = shown.nodes.flatMap(({ id, position }): [string, Position][] =>
        ids.has(id) && position !== null ? [[id, { x: position.x + by.x, y: position.y + by.y }]] : [],
      );
      store.getState().change(() => moveNodes(shown, new Map(places)), "nudge");
    },
    remove: (ids: ReadonlySet<string>) => {
      if (ids.size === 0) return;
      const before = beforeAll(now(), ids);
      change(arranged(removeNodes(now(), catalogue, ids)));
      say(texts.said.deleted(ids.size));
      select(before === null ? [] : [before]);
      if (before !== null) focusStep(before);
    },
    duplicate: (ids: ReadonlySet<string>) => {
      const copy = duplicated(now(), new Set([...ids].filter((id) => !isTriggerId(now(), id))));
      if (copy.ids.size === 0) {
        say(texts.said.onlyTrigger);
        return;
      }
      change(arranged(copy.drawing));
      select(copy.ids);
      say(texts.said.duplicated(copy.ids.size));
      focusStep([...copy.ids][0] ?? null);
    },
    setDisabled: (ids: ReadonlySet<string>, disabled: boolean) => {
      change(setDisabled(now(), ids, disabled));
      say((disabled ? texts.said.off : texts.said.on)(ids.size));
    },
    copy: (ids: ReadonlySet<string>): string => {
      say(texts.said.copied(ids.size));
      return copied(now(), ids);
    },
    /** False: there are no steps in it. */
    paste: (text: string): boolean => {
      const part = readClipboard(text);
      if (part === null) return false;
      const { drawing, ids } = pasted(now(), part);
      if (ids.size > 0) {
        change(arranged(drawing));
        select(ids);
        focusStep([...ids][0] ?? null);
      }
      say(ids.size < part.nodes.length ? texts.said.onlyTrigger : texts.said.pasted(ids.size));
      return true;
    },
    addNote: (position: Position) => {
      const { drawing, id } = addNote(now(), position);
      change(drawing);
      say(texts.said.noteAdded);
      focusNote(id);
    },
    notes: {
      write: (id: string, text: string) => store.getState().change((drawing) => writeOn(drawing, id, text), `note ${id}`),
      remove: (id: string) => {
        change(removeNote(now(), id));
        say(texts.said.noteDeleted);
      },
      nudge: (id: string, by: Position) => {
        const note = now().notes.find((one) => one.id === id);
        if (note === undefined) return;
        const place = { x: note.position.x + by.x, y: note.position.y + by.y };
        store.getState().change((drawing) => moveNotes(drawing, new Map([[id, place]])), "nudge");
      },
    },
    selectAll: () => select(now().nodes.map((node) => node.id)),
    tidy: () => {
      change(arranged(now(), { all: true }));
      say(texts.said.tidied);
    },
    undo: () => {
      store.temporal.getState().undo();
      say(texts.said.undone);
    },
    redo: () => {
      store.temporal.getState().redo();
      say(texts.said.redone);
    },
    titleOf: (id: string): string => {
      const node = nodeOf(now(), id);
      return node === null ? id : titleOf(node, catalogue);
    },
  };
}

function isTriggerId(drawing: Drawing, id: string): boolean {
  const node = nodeOf(drawing, id);
  return node !== null && isTrigger(node);
}

/** The step before them that stays. */
function beforeAll(drawing: Drawing, ids: ReadonlySet<string>): string | null {
  const graph = graphOf(drawing);
  return [...ids].flatMap((id) => into(graph, id).map((edge) => edge.source)).find((id) => !ids.has(id)) ?? null;
}
