import { useMutation } from "@tanstack/react-query";
import { useNavigate } from "react-router";

import { leftOut, merged, readRecords, settled } from "@/flow/runRecord";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";

import { useSamples } from "@/pages/editor/draft/samples";
import { useDraftStore } from "@/pages/editor/draft/useDraft";
import { useFlush } from "@/pages/editor/draft/useFlush";
import type { Automation } from "@/pages/editor/tabs";
import { outputsOf, type TestBody, type Tested, testedOf, useTests } from "./testRuns";

/** Tries the draft as it is drawn, and shows on the Build tab what came of it. */
export function useTest(automation: Automation) {
  const draft = useDraftStore();
  const flush = useFlush();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async (body: TestBody): Promise<Tested> => {
      await flush();
      const { drawing } = draft.getState();
      const sent = { input: {}, pinned: {}, ...body };
      const run = await answer(api.POST("/api/v1/automations/{automation_id}/test", { params: { path: { automation_id: automation.id } }, body: sent }));
      const executed: unknown = run.nodes_executed;
      const known: readonly unknown[] = Array.isArray(executed) ? executed : [];
      return testedOf({ run, records: settled(merged([], readRecords(known)), run.status), leftOut: leftOut(known) }, drawing, body);
    },
    onSuccess(tested) {
      useTests.getState().keep(automation.id, tested);
      useSamples.getState().keep(automation.id, outputsOf(tested.records));
      const failed = tested.onRecord.run.error_node_id;
      if (failed !== null) draft.getState().select([failed]);
      void navigate(`/automations/${automation.id}`);
    },
    onError: notifyProblem,
  });
}
