import { problemsTexts as texts } from "@/texts/problems";

import { countsOf } from "./problems";
import type { Checked } from "./useProblems";

export interface ListState {
  readonly kind: "empty" | "fine" | "open" | "unchecked" | "wrong";
  readonly said: string;
}

/** What the line under the canvas says; never that all is well where nobody knows. */
export function stateOf({ problems, isUnknown, isEmpty }: Pick<Checked, "problems" | "isUnknown" | "isEmpty">): ListState {
  if (isEmpty) return { kind: "empty", said: texts.empty };
  if (isUnknown) return { kind: "unchecked", said: texts.unchecked };
  const counts = countsOf(problems);
  const [wrong, open] = [texts.count(counts.problems), texts.open(counts.open)];
  if (counts.problems > 0) return { kind: "wrong", said: counts.open > 0 ? texts.both(wrong, open) : wrong };
  return counts.open > 0 ? { kind: "open", said: open } : { kind: "fine", said: texts.none };
}
