/** From step to step along the flow, for the arrow keys; and what is said of a step to those who do not see it. */

import { flowTexts } from "@/texts/flow";

import { type Catalogue, titleOf } from "./catalogue";
import { type Drawing, nodeOf } from "./drawing";
import { graphOf, inOrder, into, outOf } from "./graph";
import { summaryOf } from "./summaries";
import { listed } from "./triggerWords";
import { namesIn } from "./variableWords";

export type Direction = "up" | "down" | "left" | "right";

/** Null: there is nothing that way. Left and right lead to steps of the same row, else to other ways of the same fork. */
export function stepTowards(drawing: Drawing, id: string, direction: Direction): string | null {
  const graph = graphOf(drawing);
  const across = (ids: readonly string[]) => byX(drawing, ids);
  switch (direction) {
    case "down":
      return across(outOf(graph, id).map((edge) => edge.target))[0] ?? null;
    case "up":
      return across(into(graph, id).map((edge) => edge.source))[0] ?? null;
    default: {
      const beside = into(graph, id).flatMap((edge) => outOf(graph, edge.source).map((one) => one.target));
      const row = across([...new Set([...beside, ...sameRow(drawing, id), id])]);
      return row[row.indexOf(id) + (direction === "left" ? -1 : 1)] ?? null;
    }
  }
}

function sameRow(drawing: Drawing, id: string): string[] {
  const y = nodeOf(drawing, id)?.position?.y;
  return y === undefined ? [] : drawing.nodes.filter((node) => node.position?.y === y).map((node) => node.id);
}

function byX(drawing: Drawing, ids: readonly string[]): string[] {
  const x = (id: string) => nodeOf(drawing, id)?.position?.x ?? 0;
  return [...ids].sort((a, b) => x(a) - x(b));
}

/** By id: "Send message Hello, step 3, comes after Wait". What is to be read on a card is what it is called by voice. */
export function spokenSteps(drawing: Drawing, catalogue: Catalogue): Map<string, string> {
  const graph = graphOf(drawing);
  const names = namesIn(drawing);
  const titles = new Map(drawing.nodes.map((node) => [node.id, titleOf(node, catalogue)]));
  return new Map(
    inOrder(drawing, graph).map((id, index) => {
      const before = [...new Set(into(graph, id).map((edge) => titles.get(edge.source) ?? edge.source))];
      const words = flowTexts.spoken;
      const node = nodeOf(drawing, id);
      const read = [titles.get(id) ?? id, node === null ? null : summaryOf(node, names)].filter((one) => one !== null).join(" ");
      const parts = [read, words.number(index + 1), ...(before.length === 0 ? [] : [words.after(listed(before))])];
      return [id, [...parts, ...(node?.disabled === true ? [words.disabled] : [])].join(", ")];
    }),
  );
}
