/** The last test of each automation, for this page view. */

import { create } from "zustand";

import type { Drawing, Json } from "@/flow/drawing";
import { recordsShown, type Rounds, roundsOf } from "@/flow/rounds";
import type { StepRecord } from "@/flow/runRecord";
import type { Outputs } from "@/flow/variables";
import type { components } from "@/lib/api-types";
import type { RunOnRecord } from "@/session/runs";

export type TestBody = Partial<components["schemas"]["Test"]>;

export interface Tested {
  readonly onRecord: RunOnRecord;
  /** What was tried, as it was drawn then. */
  readonly drawing: Drawing;
  readonly body: TestBody;
  readonly rounds: readonly Rounds[];
  /** By step. */
  readonly records: ReadonlyMap<string, StepRecord>;
}

interface Tests {
  readonly tested: ReadonlyMap<string, Tested>;
  readonly keep: (automation: string, tested: Tested | null) => void;
}

export const useTests = create<Tests>()((set) => ({
  tested: new Map(),
  keep: (automation, tested) =>
    set((now) => {
      const left = [...now.tested].filter(([id]) => id !== automation);
      return { tested: new Map(tested === null ? left : [...left, [automation, tested]]) };
    }),
}));

export function useTested(automation: string): Tested | null {
  return useTests((tests) => tests.tested.get(automation) ?? null);
}

export function testedOf(onRecord: RunOnRecord, drawing: Drawing, body: TestBody): Tested {
  const rounds = roundsOf(drawing, onRecord.records, new Map());
  return { onRecord, drawing, body, rounds, records: recordsShown(drawing, onRecord.records, rounds) };
}

/** What steps came to, as samples for the templates of those after them. */
export function outputsOf(records: ReadonlyMap<string, StepRecord>): Outputs {
  const done = [...records].filter(([, { state }]) => state === "completed");
  return new Map(done.map(([id, { output }]): [string, Json] => [id, output]));
}

export function stepsRun(records: ReadonlyMap<string, StepRecord>): number {
  return [...records.values()].filter(({ state, attempt }) => attempt > 0 && (state === "completed" || state === "failed")).length;
}
