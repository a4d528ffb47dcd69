import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { create } from "zustand";

import { type Drawing, writeEdges, writeNodes } from "@/flow/drawing";
import { queryKeys } from "@/lib/query-keys";
import { useDraft } from "@/pages/editor/draft/useDraft";
import { NO_SAMPLES, type Samples, samplesOf } from "@/flow/outputs";
import type { FieldProblem } from "@/pages/editor/config/ConfigPanel";
import { answer, api } from "@/session/client";

import { stillHolding } from "./holds";
import { useLeft } from "./left";
import { toldOf, type ToldProblem } from "./problems";

const TYPING_MS = 500;
// The key of a query is written out at each look at it; a drawing is large, and each change makes another one.
const numbers = new WeakMap<Drawing, number>();
let given = 0;

function numberOf(drawing: Drawing): number {
  const number = numbers.get(drawing) ?? (given += 1);
  numbers.set(drawing, number);
  return number;
}

const NONE: readonly ToldProblem[] = [];
const NOWHERE: ReadonlySet<string> = new Set();

export interface Checked {
  readonly problems: readonly ToldProblem[];
  /** Where a run may fail; it can be published all the same. */
  readonly warnings: readonly ToldProblem[];
  /** What each step would come to. */
  readonly samples: Samples;
  /** What is told is of the drawing as it is now. */
  readonly isCurrent: boolean;
  readonly isUnknown: boolean;
  readonly isEmpty: boolean;
}

/** What the server says of the drawing, a moment after each change; it need not be saved for that. */
export function useProblems(automation: string): Checked {
  const drawing = useDraft((draft) => draft.drawing);
  const [settled] = useDebouncedValue(drawing, TYPING_MS);
  const isEmpty = settled.nodes.length === 0;
  const { data, isPlaceholderData, error, isPaused } = useQuery({
    queryKey: [...queryKeys.automations.detail(automation), "problems", numberOf(settled)],
    queryFn: async ({ signal }) => {
      const body = { nodes: writeNodes(settled), edges: writeEdges(settled) };
      const said = await answer(api.POST("/api/v1/automations/{automation_id}/validate", { params: { path: { automation_id: automation } }, body, signal }));
      return { said, of: settled };
    },
    enabled: !isEmpty,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    gcTime: 10_000,
  });
  const isCurrent = settled === drawing && data !== undefined && !isPlaceholderData;
  const left = useLeft((now) => (now.automation === automation ? now.fields : NOWHERE));
  const isAsked = useLeft((now) => now.automation === automation && now.isAsked);
  const unfinished = useLeft((now) => now.unfinished);
  const found = useMemo(() => (isEmpty || data === undefined ? undefined : stillHolding(data.said.problems, data.of, drawing)), [isEmpty, data, drawing]);
  const problems = useMemo(() => (found === undefined ? NONE : toldOf(found, left, isAsked, unfinished)), [found, left, isAsked, unfinished]);
  const doubtful = isEmpty ? undefined : data?.said.warnings;
  const warnings = useMemo(() => (doubtful === undefined ? NONE : doubtful.map((one) => ({ ...one, isQuiet: false }))), [doubtful]);
  const samples = useMemo(() => (data === undefined ? NO_SAMPLES : samplesOf(data.said.samples)), [data]);
  return { problems, warnings, samples, isCurrent, isUnknown: error !== null || isPaused, isEmpty };
}

interface Jumps {
  readonly jump: { readonly node: string; readonly path: FieldProblem["path"] } | null;
  readonly isOpen: boolean;
  readonly to: (node: string, path: FieldProblem["path"]) => void;
  readonly open: (isOpen: boolean) => void;
}

/** Where the list of problems has sent whoever reads it; and whether it is open. */
export const useJumps = create<Jumps>()((set) => ({
  jump: null,
  isOpen: false,
  to: (node, path) => set({ jump: { node, path } }),
  open: (isOpen) => set({ isOpen }),
}));
