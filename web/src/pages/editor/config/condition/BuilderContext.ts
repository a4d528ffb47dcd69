import { createContext, use } from "react";

import type { Condition, Path } from "@/flow/conditionTree";
import type { Field } from "@/flow/formFields";
import type { Operator } from "@/flow/operators";
import type { Source } from "@/flow/variables";

/** What the parts of a condition can be asked about, and how they change. */
export interface Builder {
  readonly field: Field;
  readonly fields: readonly Source[];
  readonly operators: readonly Operator[];
  readonly isReadOnly: boolean;
  readonly replace: (path: Path, part: Condition) => void;
  readonly remove: (path: Path) => void;
  readonly add: (path: Path) => void;
  readonly addGroup: (path: Path) => void;
  readonly nest: (path: Path) => void;
  readonly move: (path: Path, by: -1 | 1) => void;
  readonly negate: (path: Path) => void;
}

export const BuilderContext = createContext<Builder | null>(null);

export function useBuilder(): Builder {
  const builder = use(BuilderContext);
  if (builder === null) throw new Error("only within a BuilderContext");
  return builder;
}
