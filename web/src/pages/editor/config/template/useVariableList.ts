import { type KeyboardEvent, useState } from "react";

import { openAtFirst, type RowGroup, rowGroups, type VariableRow } from "@/flow/variableRows";
import type { Source } from "@/flow/variables";

export interface VariableListState {
  readonly groups: readonly RowGroup[];
  readonly rows: readonly VariableRow[];
  readonly active: VariableRow | null;
  readonly activeId: (listId: string) => string | undefined;
  readonly toggle: (path: string) => void;
  readonly point: (path: string) => void;
  /** Whether the key was one of the list's. */
  readonly onKey: (event: KeyboardEvent, onChoose: (path: string) => void) => boolean;
}

/** What is shown of the variables, and which of them the keyboard is at. */
export function useVariableList(sources: readonly Source[], search: string): VariableListState {
  const [opened, setOpened] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [at, setAt] = useState<{ readonly path: string; readonly search: string } | null>(null);
  const open = new Set([...openAtFirst(sources), ...[...opened].flatMap(([path, isOpen]) => (isOpen ? [path] : []))].filter((path) => opened.get(path) !== false));
  const groups = rowGroups(sources, open, search);
  const rows = groups.flatMap((group) => group.rows);
  const found = at === null || at.search !== search ? -1 : rows.findIndex((row) => row.path === at.path);
  const index = Math.max(found, 0);
  const active = rows[index] ?? null;
  const point = (path: string) => setAt({ path, search });
  const step = (by: number) => {
    const next = rows[(index + by + rows.length) % rows.length];
    if (next !== undefined) point(next.path);
  };
  const toggle = (path: string) => setOpened(new Map(opened).set(path, !open.has(path)));

  return {
    groups,
    rows,
    active,
    activeId: (listId) => (active === null ? undefined : optionId(listId, active.path)),
    toggle,
    point,
    onKey(event, onChoose) {
      if (active === null) return false;
      switch (event.key) {
        case "ArrowDown":
          step(1);
          break;
        case "ArrowUp":
          step(-1);
          break;
        case "ArrowRight":
          if (search !== "" || !active.hasMore || active.isOpen) return false;
          toggle(active.path);
          break;
        case "ArrowLeft":
          if (search !== "" || !active.isOpen) return false;
          toggle(active.path);
          break;
        case "Enter":
        case "Tab":
          if (event.key === "Tab" && event.shiftKey) return false;
          onChoose(active.path);
          break;
        default:
          return false;
      }
      event.preventDefault();
      return true;
    },
  };
}

export function optionId(listId: string, path: string): string {
  return `${listId}-${path.replace(/[^\w-]/g, "_")}`;
}
