import { flowTexts } from "@/texts/flow";

import type { FlowNode } from "./drawing";

const { ways } = flowTexts;

/** What a way out of a step is called, by what the step does. */
export function wayInWords({ type, config }: Pick<FlowNode, "type" | "config">, handle: string): string {
  const what = type === "logic-wait" ? config["wait_for"] : type;
  const own = typeof what === "string" ? ways[what] : undefined;
  return own?.[handle] ?? ways["*"]?.[handle] ?? handle.replace(/_/g, " ");
}
