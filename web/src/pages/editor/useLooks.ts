import { useMutation, useQueryClient } from "@tanstack/react-query";

import { writeEdges, writeNodes } from "@/flow/drawing";
import { queryKeys } from "@/lib/query-keys";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";

import { useFlush } from "./draft/useFlush";
import { useSaver } from "./draft/useSaver";
import type { Automation } from "./tabs";

export type Looks = Partial<Pick<Automation, "name" | "description" | "icon" | "color">>;

/** Name, description, icon and colour are saved with the drawing, as the server has it by then. */
export function useLooks(automation: Automation) {
  const flush = useFlush();
  const saver = useSaver();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (looks: Looks) => {
      await flush();
      const { drawing, revision } = saver.store.getState().stored;
      const { name, description, icon, color } = automation;
      const body = { name, description, icon, color, ...looks, nodes: writeNodes(drawing), edges: writeEdges(drawing) };
      const params = { path: { automation_id: automation.id }, header: { "If-Match": `"${revision}"` } };
      return answer(api.PUT("/api/v1/automations/{automation_id}", { params, body }));
    },
    onSuccess: (saved) => queries.setQueryData(queryKeys.automations.detail(automation.id), saved),
    onError: notifyProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.automations.lists() }),
  });
}
