import { Switch, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { queryKeys } from "@/lib/query-keys";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";
import { draftTexts } from "@/texts/draft";

import type { Automation } from "./tabs";

/** Of what is published: whether it starts runs. */
export function LiveSwitch({ automation }: { automation: Automation }) {
  const queries = useQueryClient();
  const isOn = automation.enabled && automation.status === "active";
  const { mutate, isPending } = useMutation({
    mutationFn: () => {
      const params = { path: { automation_id: automation.id } };
      if (isOn) return answer(api.POST("/api/v1/automations/{automation_id}/disable", { params }));
      if (automation.status === "active") return answer(api.POST("/api/v1/automations/{automation_id}/enable", { params }));
      return answer(api.POST("/api/v1/automations/{automation_id}/resume", { params }));
    },
    onError: notifyProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.automations.all }),
  });
  if (automation.published_number === null) return null;
  const text = isOn ? draftTexts.bar.off : draftTexts.bar.on;
  return (
    <Tooltip label={text}>
      <Switch size="sm" aria-label={text} checked={isOn} disabled={isPending} onChange={() => mutate()} />
    </Tooltip>
  );
}
