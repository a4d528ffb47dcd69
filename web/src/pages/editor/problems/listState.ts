import { problemsTexts as texts } from "@/texts/problems";

import { countsOf } from "./problems";
import type { Checked } from "./useProblems";

export interface ListState {
  readonly kind: "empty" | "fine" | "open" | "unchecked" | "wrong";
  readonly said: string;
}

/** What the line under the canvas says; never that all is well where nobody knows. */
export function stateOf({ problems, warnings, isUnknown, isEmpty }: Pick<Checked, "problems" | "warnings" | "isUnknown" | "isEmpty">): ListState {
  if (isEmpty) return { kind: "empty", said: texts.empty };
  if (isUnknown) return { kind: "unchecked", said: texts.unchecked };
  const counts = countsOf(problems);
  const doubts = warnings.length;
  const parts = [
    ...(counts.problems > 0 ? [texts.count(counts.problems)] : []),
    ...(doubts > 0 ? [texts.warnings(doubts)] : []),
    ...(counts.open > 0 ? [texts.open(counts.open)] : []),
  ];
  const kind = counts.problems > 0 ? "wrong" : counts.open + doubts > 0 ? "open" : "fine";
  return { kind, said: parts.length === 0 ? texts.none : parts.join(", ") };
}
