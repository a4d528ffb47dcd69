/** What the server has said of a drawing is about how it was then: a field that was filled in since is not missing any more. */

import { type Drawing, isObject, type Json, nodeOf } from "@/flow/drawing";
import { sameJson } from "@/flow/formValues";

import { type FlowProblem, pathOf } from "./problems";

const OF_WHAT_STANDS_THERE = new Set(["missing_field", "bad_template"]);

export function stillHolding(problems: readonly FlowProblem[], was: Drawing, now: Drawing): FlowProblem[] {
  return was === now ? [...problems] : problems.filter((one) => !OF_WHAT_STANDS_THERE.has(one.code) || sameJson(valueOf(one, was), valueOf(one, now)));
}

function valueOf({ node_id: id, field }: FlowProblem, drawing: Drawing): Json {
  const config: Json = (id === null ? null : nodeOf(drawing, id)?.config) ?? null;
  return pathOf(field).reduce<Json>((value, part) => (Array.isArray(value) ? (value[Number(part)] ?? null) : isObject(value) ? (value[part] ?? null) : null), config);
}
