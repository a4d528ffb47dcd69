/** Steps whose way only the outside world decides: for a test somebody may say which. */

import { type Catalogue, ERROR } from "@/flow/catalogue";
import { type Drawing, type FlowNode, isObject } from "@/flow/drawing";
import { graphOf } from "@/flow/graph";
import { sampleOf, type Samples } from "@/flow/outputs";
import { possibleWays } from "@/flow/ways";

import type { Chosen, TestBody } from "./testRuns";

const DECIDED_OUTSIDE: ReadonlySet<string> = new Set(["logic-wait", "logic-approval"]);

export interface Outcomes {
  readonly node: FlowNode;
  readonly ways: readonly string[];
}

/** Where an output is pinned, that has been said already. */
export function outcomesOf(drawing: Drawing, catalogue: Catalogue): Outcomes[] {
  const graph = graphOf(drawing);
  return drawing.nodes
    .filter((node) => DECIDED_OUTSIDE.has(node.type) && !node.disabled && !isObject(node.dataRest["pinned"]))
    .map((node) => ({ node, ways: possibleWays(node, catalogue, graph).filter((way) => way !== ERROR) }))
    .filter(({ ways }) => ways.length > 1);
}

/** Of what was chosen before, what can still be chosen. */
export function stillOffered(chosen: Chosen, outcomes: readonly Outcomes[]): Chosen {
  return Object.fromEntries(outcomes.flatMap(({ node: { id }, ways }) => (chosen[id] !== undefined && ways.includes(chosen[id]) ? [[id, chosen[id]] as const] : [])));
}

/** What is sent with a test for those that were chosen; the first way needs no word. */
export function pinsOf(outcomes: readonly Outcomes[], chosen: Chosen, catalogue: Catalogue, samples: Samples): Pick<TestBody, "pinned"> {
  const pins = outcomes.flatMap(({ node, ways }) => {
    const way = chosen[node.id];
    return way === undefined || way === ways[0] || !ways.includes(way) ? [] : [[node.id, { output: sampleOf(node, catalogue, samples, way), handle: way }] as const];
  });
  return pins.length === 0 ? {} : { pinned: Object.fromEntries(pins) };
}
