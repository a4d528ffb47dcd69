import type { Change, Overlay } from "@/flow/diff";

import type { Marks } from "./marks";

/** What is the same has no mark: one sees what differs. */
export function differenceMarks({ nodes, edges }: Overlay): Marks {
  return { nodes: marked(nodes), edges: marked(edges) };
}

function marked(changes: ReadonlyMap<string, Change>): Map<string, { tone: Exclude<Change, "same"> }> {
  return new Map([...changes].flatMap(([id, tone]) => (tone === "same" ? [] : [[id, { tone }] as const])));
}
