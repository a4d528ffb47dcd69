import { useQueryClient } from "@tanstack/react-query";

import { writeEdges, writeNodes } from "@/flow/drawing";
import { queryKeys } from "@/lib/query-keys";
import { answer, api } from "@/session/client";

import type { Automation } from "@/pages/editor/tabs";
import { useDraftStore } from "./useDraft";

/** Sees to it that the server has the draft as it is drawn: a test and a publication take it from there. */
export function useFlush(automation: Automation): () => Promise<void> {
  const draft = useDraftStore();
  const queries = useQueryClient();
  return async () => {
    const { drawing } = draft.getState();
    const [nodes, edges] = [writeNodes(drawing), writeEdges(drawing)];
    if (JSON.stringify([nodes, edges]) === JSON.stringify([automation.nodes, automation.edges])) return;
    const { name, description, icon, color } = automation;
    const params = { path: { automation_id: automation.id }, header: { "If-Match": `"${automation.draft_revision}"` } };
    const saved = await answer(api.PUT("/api/v1/automations/{automation_id}", { params, body: { name, description, icon, color, nodes, edges } }));
    queries.setQueryData(queryKeys.automations.detail(automation.id), saved);
  };
}
