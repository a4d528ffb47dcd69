/** What is drawn and not saved yet, on this machine: it outlives the page, the tab and the network. */

import { isObject, parseDrawing, writeEdges, writeNodes } from "@/flow/drawing";

import type { Stored } from "./saving";

export interface Keeper {
  readonly read: () => Stored | null;
  /** Null: the server has it all. What another tab keeps meanwhile is left alone. */
  readonly keep: (unsaved: Stored | null) => void;
}

/** Of one person and one automation. */
export function keeperOf(person: string, automation: string): Keeper {
  const key = `automations/unsaved/${person}/${automation}`;
  let own: string | null = null;
  return {
    read() {
      try {
        own = localStorage.getItem(key);
        return readStored(JSON.parse(own ?? "null"));
      } catch {
        return null;
      }
    },
    keep(unsaved) {
      try {
        if (unsaved !== null) {
          const { revision, drawing } = unsaved;
          own = JSON.stringify({ revision, nodes: writeNodes(drawing), edges: writeEdges(drawing) });
          localStorage.setItem(key, own);
        } else if (own !== null) {
          if (localStorage.getItem(key) === own) localStorage.removeItem(key);
          own = null;
        }
      } catch {
        // There is no room, or it may not be used: what is drawn is still on its way to the server.
      }
    },
  };
}

function readStored(value: unknown): Stored | null {
  if (!isObject(value)) return null;
  const { revision, nodes, edges } = value;
  if (typeof revision !== "number" || !Array.isArray(nodes) || !Array.isArray(edges)) return null;
  return { revision, drawing: parseDrawing(nodes, edges) };
}
