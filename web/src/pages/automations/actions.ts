/** What the menu of a row and the page do. */

import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { queryKeys } from "@/lib/query-keys";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";
import { automationsTexts as texts } from "@/texts/automations";

import type { AutomationRow } from "@/session/automationState";

/** And how many there are. */
function useListAnew(): () => Promise<void> {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: queryKeys.automations.all });
}

export function useDuplicate() {
  const onSuccess = useListAnew();
  return useMutation({
    mutationFn: ({ id }: AutomationRow) =>
      answer(api.POST("/api/v1/automations/{automation_id}/duplicate", { params: { path: { automation_id: id } } })),
    onSuccess: async (made) => {
      notifications.show({ message: texts.duplicated(made.name) });
      await onSuccess();
    },
    onError: notifyProblem,
  });
}

export function useImport(account: string) {
  const onSuccess = useListAnew();
  return useMutation({
    mutationFn: async ({ file, agent }: { file: Record<string, unknown>; agent: string | null }) =>
      answer(api.POST("/api/v1/automations/import", { body: file, params: { query: { account, agent_id: agent } } })),
    onSuccess: async ({ change, name, problems }) => {
      const more = problems.length === 0 ? "" : ` ${texts.imported.problems(problems.length)}`;
      notifications.show({ message: `${texts.imported[change](name)}.${more}` });
      await onSuccess();
    },
    onError: notifyProblem,
  });
}
