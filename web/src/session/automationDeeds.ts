/** What can be done to an automation from its row in the list, and from its editor. */

import { useMutation, useQueryClient } from "@tanstack/react-query";

import { queryKeys } from "@/lib/query-keys";
import { notifyProblem } from "@/parts/ProblemNotice";
import { saveFile } from "@/parts/saveFile";
import { useDelete } from "@/parts/useDelete";
import { automationsTexts as texts } from "@/texts/automations";

import type { AutomationRow } from "./automationState";
import { answer, api } from "./client";

type Named = Pick<AutomationRow, "id" | "name">;

/** The draft as the server has it. */
export function useExport() {
  return useMutation({
    mutationFn: ({ id }: Named) =>
      answer(api.GET("/api/v1/automations/{automation_id}/export", { params: { path: { automation_id: id } }, parseAs: "text" })),
    onSuccess: (text, row) => saveFile(texts.exported(row.name), text),
    onError: notifyProblem,
  });
}

/** It can be taken back for a while. */
export function useDeleteAutomation(): (automation: Named) => void {
  const remove = useDelete();
  const queries = useQueryClient();
  return ({ id, name }) =>
    remove({
      id,
      name,
      send: () => api.DELETE("/api/v1/automations/{automation_id}", { params: { path: { automation_id: id } }, keepalive: true }),
      onEnd: () => queries.invalidateQueries({ queryKey: queryKeys.automations.lists() }),
    });
}
