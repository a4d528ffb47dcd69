import { useMemo, useState } from "react";

import type { Drawing } from "@/flow/drawing";
import { type Chosen, recordsShown, roundsOf } from "@/flow/rounds";
import { isOpen, type RunOnRecord } from "@/session/runs";
import { editorRunsTexts as texts } from "@/texts/editor-runs";

import { useDraft } from "@/pages/editor/draft/useDraft";
import { useVersionDrawing } from "./queries";
import type { Shown } from "./runMarks";

interface RunPicture {
  readonly drawing: Drawing;
  readonly isLoading: boolean;
  /** Why the drawing is not the one that ran. */
  readonly note: string | null;
  readonly shown: Shown;
  readonly chooseRound: (loop: string, number: number) => void;
}

/** The flow that ran, and of its record what is looked at. */
export function useRunPicture(automation: string, { run, records }: RunOnRecord): RunPicture {
  const draft = useDraft((now) => now.drawing);
  const version = useVersionDrawing(automation, run.version);
  const [chosen, setChosen] = useState<Chosen>(new Map());
  const drawing = version.data ?? draft;
  const shown = useMemo((): Shown => {
    const rounds = roundsOf(drawing, records, chosen);
    return { records: recordsShown(drawing, records, rounds), rounds, isOpen: isOpen(run.status), hasBegun: run.status !== "pending" };
  }, [drawing, records, chosen, run.status]);
  return {
    drawing,
    isLoading: run.version !== null && version.isPending,
    note: run.test_mode ? texts.draftNow : run.version === null || version.isError ? texts.oldDrawing : null,
    shown,
    chooseRound: (loop, number) => setChosen((now) => new Map(now).set(loop, number)),
  };
}
