import { createContext, use } from "react";

import type { JsonObject } from "@/flow/drawing";
import type { FieldPath } from "@/flow/formValues";
import type { Source } from "@/flow/variables";

import type { FieldProblem } from "@/pages/editor/config/ConfigPanel";

/** What all fields of a form know: whose step it is, what it can use, what is wrong with it. */
export interface FormSetting {
  readonly automation: string;
  readonly account: string;
  readonly nodeType: string;
  readonly sources: readonly Source[];
  readonly problems: readonly FieldProblem[];
  readonly isReadOnly: boolean;
  readonly config: JsonObject;
  /** The one that the step is about: whose columns can be named. */
  readonly table: string | null;
}

export const FormContext = createContext<FormSetting | null>(null);

export function useForm(): FormSetting {
  const setting = use(FormContext);
  if (setting === null) throw new Error("only within a FormContext");
  return setting;
}

export function pathKey(path: FieldPath): string {
  return JSON.stringify(path);
}

/** What is said at a field: what is wrong there, or in a part of it that has no field of its own. */
export function useProblemAt(path: FieldPath, withParts: boolean): FieldProblem | null {
  const { problems } = useForm();
  return (
    problems.find(({ path: at }) => at.length > 0 && (withParts ? at.length >= path.length : at.length === path.length) && path.every((part, index) => at[index] === part)) ?? null
  );
}

/** For controls that say it themselves; what is missing is said beside the label. */
export function errorOf(problem: FieldProblem | null): string | boolean {
  return problem?.isError === true && (problem.isMissing || problem.message);
}
