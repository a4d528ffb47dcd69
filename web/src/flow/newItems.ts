/** What a further item of a list begins with, where empty will not do: ways out need names of their own. */

import { isObject, type Json } from "./drawing";

export function newItem(nodeType: string, field: string, items: readonly Json[]): Json | null {
  if (nodeType === "logic-switch" && field === "cases") return { id: freeName("case", namesIn(items, "id")), condition: { all: [] } };
  if (nodeType === "ai-classify" && field === "labels") return { name: freeName("label", namesIn(items, "name")) };
  return null;
}

function namesIn(items: readonly Json[], key: string): ReadonlySet<string> {
  return new Set(items.flatMap((item) => (isObject(item) && typeof item[key] === "string" ? [item[key]] : [])));
}

function freeName(stem: string, taken: ReadonlySet<string>): string {
  let number = taken.size + 1;
  while (taken.has(`${stem}_${number}`)) number += 1;
  return `${stem}_${number}`;
}
