import { Switch, Tooltip } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { queryKeys } from "@/lib/query-keys";
import { notifyProblem } from "@/parts/ProblemNotice";
import { type Action, sendAction, stateOf, switchAction } from "@/session/automationState";
import { draftTexts } from "@/texts/draft";

import type { Automation } from "./tabs";

/** Of what is published: whether it starts runs. */
export function LiveSwitch({ automation }: { automation: Automation }) {
  const queries = useQueryClient();
  const action = switchAction(stateOf(automation));
  const { mutate, isPending } = useMutation({
    mutationFn: (chosen: Action) => sendAction(automation.id, chosen),
    onError: notifyProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.automations.all }),
  });
  if (action === null) return null;
  const isOn = action === "disable";
  const text = isOn ? draftTexts.bar.off : draftTexts.bar.on;
  return (
    <Tooltip label={text}>
      {/* One that is disabled meanwhile loses the focus. */}
      <Switch size="sm" aria-label={text} checked={isOn} aria-busy={isPending} onChange={() => !isPending && mutate(action)} />
    </Tooltip>
  );
}
