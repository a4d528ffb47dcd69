/** Ids of steps: readable, because templates name them, and each once. */

import type { Drawing } from "./drawing";

const LONGEST = 40;

/** From what the step is called: `Send the offer` gives `send_the_offer`, and `send_the_offer_2` where that is taken. */
export function newId(wish: string, taken: ReadonlySet<string>): string {
  const base = slug(wish) || "step";
  if (!taken.has(base)) return base;
  for (let number = 2; ; number += 1) {
    const id = `${base}_${number}`;
    if (!taken.has(id)) return id;
  }
}

export function idsOf(drawing: Drawing): Set<string> {
  return new Set(drawing.nodes.map((node) => node.id));
}

function slug(text: string): string {
  return text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
    .replace(/^(\d)/, "step_$1")
    .slice(0, LONGEST)
    .replace(/_+$/, "");
}
