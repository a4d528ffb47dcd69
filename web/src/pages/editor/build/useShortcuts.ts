import { useEffect } from "react";

import { type Direction, stepTowards } from "@/flow/walk";
import { inOrder } from "@/flow/graph";
import { placed } from "@/flow/layout";
import { canvasTexts as texts } from "@/texts/canvas";

import { useDraftStore } from "@/pages/editor/draft/useDraft";
import { CONFIG_ID } from "./configFocus";
import { focusedStep, focusStep } from "./focus";
import { say } from "./said";
import { commandOf } from "./shortcuts";
import type { Build } from "./useBuild";

const NUDGE = 8;
const BY: Readonly<Record<Direction, { x: number; y: number }>> = {
  up: { x: 0, y: -NUDGE },
  down: { x: 0, y: NUDGE },
  left: { x: -NUDGE, y: 0 },
  right: { x: NUDGE, y: 0 },
};

export interface ShortcutTargets {
  readonly build: Build;
  readonly selectedLine: string | null;
  readonly isOff: boolean;
  readonly onSearch: () => void;
  readonly onKeys: () => void;
  readonly onRename: (id: string) => void;
  readonly onInsertAfter: (id: string) => void;
  readonly onLeaveLine: () => void;
}

/** The keys of the canvas, wherever the focus is but in fields and dialogs. */
export function useShortcuts({ build, selectedLine, isOff, ...on }: ShortcutTargets): void {
  const store = useDraftStore();
  useEffect(() => {
    if (isOff) return;
    const { select } = store.getState();
    // What has the focus is meant, unless it is one of several that are selected.
    const meant = () => {
      const { selection: ids } = store.getState();
      const focused = focusedStep();
      return focused === null || ids.has(focused) ? ids : new Set([focused]);
    };
    const one = () => focusedStep() ?? (meant().size === 1 ? ([...meant()][0] ?? null) : null);

    function go(direction: Direction) {
      const drawing = placed(store.getState().drawing);
      const from = one();
      const to = from === null ? (inOrder(drawing)[0] ?? null) : stepTowards(drawing, from, direction);
      if (to === null) return;
      select([to]);
      focusStep(to);
    }

    function pressed(event: KeyboardEvent) {
      if (event.defaultPrevented || isTyping(event.target) || isElsewhere(event.target)) return;
      const command = commandOf(event);
      // In the panel of a step, keys are about its fields; what is undone is the same anywhere.
      if (command === null || (isInPanel(event.target) && command.kind !== "undo" && command.kind !== "redo")) return;
      if (act(command)) event.preventDefault();
    }

    function act(command: NonNullable<ReturnType<typeof commandOf>>): boolean {
      const step = one();
      switch (command.kind) {
        case "undo":
          build.undo();
          return true;
        case "redo":
          build.redo();
          return true;
        case "duplicate":
          build.duplicate(meant());
          return true;
        case "selectAll":
          build.selectAll();
          return true;
        case "search":
          on.onSearch();
          return true;
        case "keys":
          on.onKeys();
          return true;
        case "delete":
          if (selectedLine !== null) build.removeLine(selectedLine);
          else build.remove(meant());
          return true;
        case "rename":
          if (step !== null) on.onRename(step);
          return step !== null;
        case "insert":
          if (step !== null) on.onInsertAfter(step);
          return step !== null;
        case "leave":
          on.onLeaveLine();
          select([]);
          return false;
        case "go":
          go(command.direction);
          return true;
        case "nudge":
          build.nudge(meant(), BY[command.direction]);
          return meant().size > 0;
      }
    }

    function copied(event: ClipboardEvent) {
      const ids = meant();
      if (isTyping(event.target) || isElsewhere(event.target) || isInPanel(event.target) || ids.size === 0 || window.getSelection()?.isCollapsed === false) return;
      event.clipboardData?.setData("text/plain", build.copy(ids));
      event.preventDefault();
      if (event.type === "cut") build.remove(ids);
    }

    function pasted(event: ClipboardEvent) {
      if (isTyping(event.target) || isElsewhere(event.target)) return;
      const text = event.clipboardData?.getData("text/plain") ?? "";
      if (build.paste(text)) event.preventDefault();
      else say(texts.said.nothingToPaste);
    }

    window.addEventListener("keydown", pressed);
    window.addEventListener("copy", copied);
    window.addEventListener("cut", copied);
    window.addEventListener("paste", pasted);
    return () => {
      window.removeEventListener("keydown", pressed);
      window.removeEventListener("copy", copied);
      window.removeEventListener("cut", copied);
      window.removeEventListener("paste", pasted);
    };
  });
}

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.closest("input, textarea, select, [role=textbox]") !== null);
}

function isInPanel(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest(`#${CONFIG_ID}`) !== null;
}

/** Dialogs, menus and what moves by arrow keys itself. */
function isElsewhere(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("[role=dialog], [role=menu], [role=tablist], [role=listbox], [role=radiogroup]") !== null;
}

