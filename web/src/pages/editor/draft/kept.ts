/** What is drawn and not saved yet, on this machine: it outlives the page, the tab and the network. */

import { isObject, parseDrawing, writeEdges, writeNodes } from "@/flow/drawing";

import type { Stored } from "./saving";

const key = (automation: string) => `automations/unsaved/${automation}`;

export function keepUnsaved(automation: string, unsaved: Stored | null): void {
  try {
    if (unsaved === null) { localStorage.removeItem(key(automation)); return; }
    const { revision, drawing } = unsaved;
    localStorage.setItem(key(automation), JSON.stringify({ revision, nodes: writeNodes(drawing), edges: writeEdges(drawing) }));
  } catch {
    // There is no room, or it may not be used: what is drawn is still on its way to the server.
  }
}

export function readUnsaved(automation: string): Stored | null {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key(automation)) ?? "null");
    if (!isObject(value)) return null;
    const { revision, nodes, edges } = value;
    if (typeof revision !== "number" || !Array.isArray(nodes) || !Array.isArray(edges)) return null;
    return { revision, drawing: parseDrawing(nodes, edges) };
  } catch {
    return null;
  }
}
