/** What can be done to an automation from its row in the list, and from its editor. */

import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { listKeys } from "@/lib/list-keys";
import { queryKeys } from "@/lib/query-keys";
import type { ConfirmDialogProps } from "@/parts/ConfirmDialog";
import { notifyProblem } from "@/parts/ProblemNotice";
import { saveFile } from "@/parts/saveFile";
import { useDelete } from "@/parts/useDelete";
import { automationsTexts as texts } from "@/texts/automations";

import { type AutomationRow, stateOf } from "./automationState";
import { answer, api } from "./client";
import { type Belongings, isAskedAbout, whatGoes, whatWent } from "./deletion";

type Named = Pick<AutomationRow, "id" | "name">;
type Deletable = Pick<AutomationRow, "id" | "name" | "status" | "enabled">;

const MOST_COUNTED = 200;

/** The draft as the server has it. */
export function useExport() {
  return useMutation({
    mutationFn: ({ id }: Named) =>
      answer(api.GET("/api/v1/automations/{automation_id}/export", { params: { path: { automation_id: id } }, parseAs: "text" })),
    onSuccess: (text, row) => saveFile(texts.exported(row.name), text),
    onError: notifyProblem,
  });
}

/**
 * What is live or has runs is asked about first: `dialog`, to be shown. What is neither can be taken back for a while.
 * `leave`: goes away before that from what shows the automation, and would ask about it when it is gone.
 */
export function useDeleteAutomation(leave: () => void | Promise<void> = () => undefined) {
  const removeSoon = useDelete();
  const queries = useQueryClient();
  const [asked, ask] = useState<{ readonly automation: Deletable; readonly belongings: Belongings } | null>(null);
  const refreshed = async () => {
    await Promise.all([queryKeys.automations.all, listKeys.records()].map((queryKey) => queries.invalidateQueries({ queryKey })));
  };
  const look = useMutation({
    mutationFn: belongingsOf,
    async onSuccess(belongings, automation) {
      if (isAskedAbout(belongings)) {
        ask({ automation, belongings });
        return;
      }
      const { id, name } = automation;
      removeSoon({ id, name, send: () => sendDelete(id), onEnd: refreshed });
      await leave();
    },
    onError: notifyProblem,
  });
  const remove = useMutation({
    mutationFn: async ({ automation }: { automation: Deletable; belongings: Belongings }) => {
      await leave();
      await sendDelete(automation.id);
    },
    onSuccess: (_, { automation, belongings }) => notifications.show({ message: whatWent(automation.name, belongings) }),
    onError: notifyProblem,
    onSettled: () => {
      ask(null);
      return refreshed();
    },
  });
  const dialog: ConfirmDialogProps | null = asked && {
    title: texts.deletion.title(asked.automation.name),
    text: whatGoes(asked.belongings),
    action: asked.belongings.runs > 0 ? texts.deletion.yesWithRuns : texts.deletion.yes,
    isPending: remove.isPending,
    error: null,
    onConfirm: () => remove.mutate(asked),
    onClose: () => ask(null),
  };
  return { remove: look.mutate, dialog };
}

function sendDelete(id: string): Promise<unknown> {
  return api.DELETE("/api/v1/automations/{automation_id}", { params: { path: { automation_id: id } }, keepalive: true });
}

/** Tests are no runs that anybody would miss. */
async function belongingsOf({ id, ...automation }: Deletable): Promise<Belongings> {
  const of = { automation_id: id, test_mode: false, limit: MOST_COUNTED };
  const [all, open] = await Promise.all([
    answer(api.GET("/api/v1/executions", { params: { query: of } })),
    answer(api.GET("/api/v1/executions", { params: { query: { ...of, status: ["pending", "running"] } } })),
  ]);
  const waiting = open.items.filter((run) => run.waiting).length;
  return { state: stateOf(automation), runs: all.items.length, isMore: all.next !== null, open: open.items.length, waiting };
}
