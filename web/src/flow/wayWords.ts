/** Ways out of a step, as people say them. */

import { flowTexts } from "@/texts/flow";

import type { FlowNode } from "./drawing";

const words = flowTexts.ways;

/** `they reply`, `the time is up`; of a way that somebody has named, its name. */
export function wayInWords(node: FlowNode, way: string): string {
  const { wait_for: what } = node.config;
  if (node.type === "logic-wait" && way === "met") return flowTexts.summary.waits[typeof what === "string" ? what : ""] ?? words.met;
  return words.of[node.type]?.[way] ?? way.replace(/_/g, " ");
}
