import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { queryKeys } from "@/lib/query-keys";
import { useFlush } from "@/pages/editor/draft/useFlush";
import { useSaver } from "@/pages/editor/draft/useSaver";
import type { Automation } from "@/pages/editor/tabs";
import { sendAction } from "@/session/automationState";
import { answer, api } from "@/session/client";
import { draftTexts } from "@/texts/draft";

const texts = draftTexts.publish;

/** Exactly what is drawn: saved first, and published with the revision that was saved. */
export function usePublish(automation: Automation, onDone: () => void) {
  const flush = useFlush();
  const saver = useSaver();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ note, switchOn }: { note: string; switchOn: boolean }) => {
      await flush();
      const path = { automation_id: automation.id };
      const header = { "If-Match": `"${saver.store.getState().stored.revision}"` };
      const body = { note: note.trim() || null };
      const published = await answer(api.POST("/api/v1/automations/{automation_id}/publish", { params: { path, header }, body }));
      if (!switchOn || published.enabled) return published;
      await sendAction(automation.id, "enable");
      return { ...published, enabled: true };
    },
    onSuccess(published) {
      queries.setQueryData(queryKeys.automations.detail(automation.id), published);
      notifications.show({ color: "teal", title: texts.done(published.published_number), message: published.enabled ? texts.doneOn : texts.doneOff });
      onDone();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.automations.all }),
  });
}
