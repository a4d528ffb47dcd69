/** The last test of each automation, for this page view. */

import { create } from "zustand";

import { type Drawing, type FlowNode, isTrigger, type Json, nodeOf } from "@/flow/drawing";
import { inOrder } from "@/flow/graph";
import { recordsShown, type Rounds, roundsOf } from "@/flow/rounds";
import type { StepRecord } from "@/flow/runRecord";
import type { Outputs } from "@/flow/variables";
import type { components } from "@/lib/api-types";
import type { RunOnRecord } from "@/session/runs";

export type TestBody = Partial<components["schemas"]["Test"]>;

/** By step: the way that was chosen. */
export type Chosen = Readonly<Record<string, string>>;

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

/** Of all that are drawn, the trigger among them, as versions count them; what is switched off is passed by. */
export function stepsRun(tested: Pick<Tested, "records" | "drawing">): readonly [ran: number, all: number] {
  return [ran(tested).length, tested.drawing.nodes.length];
}

/** Those that ran, in the order of the flow; the one that failed last, for it is looked for. */
export function idsRun({ records, drawing }: Pick<Tested, "records" | "drawing">): string[] {
  const ids = new Set(ran({ records, drawing }).map(({ id }) => id));
  const isFailed = (id: string) => records.get(id)?.state === "failed";
  return inOrder(drawing).filter((id) => ids.has(id)).sort((one, other) => Number(isFailed(one)) - Number(isFailed(other)));
}

function ran({ records, drawing }: Pick<Tested, "records" | "drawing">): FlowNode[] {
  return drawing.nodes.filter((node) => {
    const { state, attempt } = records.get(node.id) ?? { state: "skipped", attempt: 0 };
    return (attempt > 0 || isTrigger(node)) && (state === "completed" || state === "failed");
  });
}

/** What was chosen in the dialog, for the next time that it is opened: by automation, then by step. */
interface Choices {
  readonly chosen: ReadonlyMap<string, Chosen>;
  readonly choose: (automation: string, chosen: Chosen) => void;
}

export const useChoices = create<Choices>()((set) => ({
  chosen: new Map(),
  choose: (automation, chosen) => set((now) => ({ chosen: new Map(now.chosen).set(automation, chosen) })),
}));

/** The same once more, but for steps that are gone since. */
export function againWith({ pinned = {}, ...body }: TestBody, drawing: Drawing): TestBody {
  const left = Object.entries(pinned).filter(([id]) => nodeOf(drawing, id) !== null);
  return left.length === 0 ? body : { ...body, pinned: Object.fromEntries(left) };
}
