import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";

import { queryKeys } from "@/lib/query-keys";
import { useFlush } from "@/pages/editor/draft/useFlush";
import { useSaver } from "@/pages/editor/draft/useSaver";
import type { Automation } from "@/pages/editor/tabs";
import { sendAction } from "@/session/automationState";
import { answer, api } from "@/session/client";
import { draftTexts } from "@/texts/draft";

import { PublishedNotice } from "./PublishedNotice";

const texts = draftTexts.publish;
const LONG_ENOUGH_TO_FOLLOW = 8_000;

/** Exactly what is drawn: saved first, and published with the revision that was saved. */
export function usePublish(automation: Automation, onDone: () => void) {
  const flush = useFlush();
  const saver = useSaver();
  const queries = useQueryClient();
  const navigate = useNavigate();
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
      const to = `/automations/${automation.id}/runs`;
      const notice = `published-${automation.id}`;
      const follow = () => {
        notifications.hide(notice);
        void navigate(to);
      };
      notifications.hide(notice);
      notifications.show({
        id: notice,
        color: "teal",
        autoClose: LONG_ENOUGH_TO_FOLLOW,
        title: texts.done(published.published_number),
        message: published.enabled ? <PublishedNotice text={texts.doneOn} to={to} onFollow={follow} /> : texts.doneOff,
      });
      onDone();
    },
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.automations.all }),
  });
}
