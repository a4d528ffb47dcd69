/** What the installed node types say of themselves, and what follows from it for one step. */

import type { components } from "@/lib/api-types";

import { type FlowNode, isObject, type Json, type JsonObject } from "./drawing";

export type NodeType = components["schemas"]["NodeType"];
export type Catalogue = ReadonlyMap<string, NodeType>;

export const ERROR = "error";

// Types whose handles follow from their config: the list, and what in it names the handle.
const FROM_CONFIG: Readonly<Record<string, readonly [list: string, name: string]>> = {
  "logic-switch": ["cases", "id"],
  "ai-classify": ["labels", "name"],
};

export function catalogueOf(types: readonly NodeType[]): Catalogue {
  return new Map(types.map((type) => [type.type, type]));
}

/** The ways out of a step, in the order in which they are drawn; `error` last. A type that is not installed has one. */
export function handlesOf(node: FlowNode, catalogue: Catalogue): string[] {
  const type = catalogue.get(node.type);
  if (type === undefined) return ["out"];
  const own = FROM_CONFIG[node.type];
  const made = own === undefined ? [] : named(node.config[own[0]], own[1]);
  return [...new Set([...made, ...type.handles, ...(type.error_handle ? [ERROR] : [])])];
}

/** The handle that an edge leaves by: the one that it names, else the first. */
export function handleUsed(node: FlowNode, handle: string | null, catalogue: Catalogue): string | null {
  return handle ?? handlesOf(node, catalogue)[0] ?? null;
}

export function titleOf(node: FlowNode, catalogue: Catalogue): string {
  return node.label ?? catalogue.get(node.type)?.title ?? node.type;
}

/** Ways out that have another name now, where the list that names them is as long as it was: old and new. */
export function renamedHandles(type: string, before: JsonObject, after: JsonObject): ReadonlyMap<string, string> {
  const own = FROM_CONFIG[type];
  if (own === undefined) return new Map();
  const [was, is] = [before[own[0]], after[own[0]]].map((list) => (Array.isArray(list) ? list.map((item) => named([item], own[1])[0] ?? null) : []));
  if (was === undefined || is?.length !== was.length) return new Map();
  const names = was.flatMap((old, index): [string, string][] => {
    const now = is[index] ?? null;
    // A name that another has, too, is of both: nobody knows whose line it is.
    return old === null || now === null || old === now || is.includes(old) || was.includes(now) ? [] : [[old, now]];
  });
  return new Map(names);
}

function named(list: Json | undefined, key: string): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item) => {
    const name = isObject(item) ? item[key] : item;
    return typeof name === "string" && name !== "" ? [name] : [];
  });
}
