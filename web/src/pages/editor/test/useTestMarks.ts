import { useMemo } from "react";

import type { Catalogue } from "@/flow/catalogue";

import { type Marks, NO_MARKS } from "@/pages/editor/canvas/marks";
import { useDraft } from "@/pages/editor/draft/useDraft";
import { runMarks } from "@/pages/editor/runs/runMarks";
import { useTested } from "./testRuns";

/** How the last test went, on the steps that are drawn now. */
export function useTestMarks(automation: string, catalogue: Catalogue): Marks {
  const drawing = useDraft((draft) => draft.drawing);
  const tested = useTested(automation);
  return useMemo(() => {
    if (tested === null) return NO_MARKS;
    return runMarks(drawing, catalogue, { records: tested.records, rounds: tested.rounds, isOpen: false, hasBegun: true }, new Date());
  }, [drawing, catalogue, tested]);
}
