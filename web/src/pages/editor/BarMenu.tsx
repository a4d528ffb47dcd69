import { ActionIcon, Menu } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { notifications } from "@mantine/notifications";
import { Copy, Download, Ellipsis, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";

import { queryKeys } from "@/lib/query-keys";
import { ConfirmDialog } from "@/parts/ConfirmDialog";
import { notifyProblem } from "@/parts/ProblemNotice";
import { useDeleteAutomation, useExport } from "@/session/automationDeeds";
import { answer, api } from "@/session/client";
import { draftTexts } from "@/texts/draft";

import { useDraft } from "./draft/useDraft";
import { useFlush } from "./draft/useFlush";
import { useVersionDrawing } from "./runs/queries";
import type { Automation } from "./tabs";

const texts = draftTexts.bar;

export function BarMenu({ automation, mayChange }: { automation: Automation; mayChange: boolean }) {
  const [isAsking, setAsking] = useState(false);
  const navigate = useNavigate();
  const flush = useFlush();
  const save = useExport();
  // In the list, where a draft is taken back.
  const { remove, dialog } = useDeleteAutomation(() => navigate("/automations"));
  const duplicate = useDuplicate(automation);
  const canDiscard = automation.published_number !== null && !automation.draft_is_published;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={texts.more}>
            <Ellipsis size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {mayChange && (
            <Menu.Item leftSection={<Copy size={15} />} onClick={() => duplicate.mutate()}>
              {texts.duplicate}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<Download size={15} />} onClick={() => void flush().then(() => save.mutate(automation), notifyProblem)}>
            {texts.export}
          </Menu.Item>
          {mayChange && (
            <>
              <Menu.Item leftSection={<Undo2 size={15} />} disabled={!canDiscard} onClick={() => setAsking(true)}>
                {texts.discard}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<Trash2 size={15} />} onClick={() => remove(automation)}>
                {texts.delete}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {isAsking && automation.published_number !== null && <Discard automation={automation.id} version={automation.published_number} onClose={() => setAsking(false)} />}
      {dialog !== null && <ConfirmDialog {...dialog} />}
    </>
  );
}

function Discard({ automation, version, onClose }: { automation: string; version: number; onClose: () => void }) {
  const change = useDraft((draft) => draft.change);
  const { data, error } = useVersionDrawing(automation, version);
  return (
    <ConfirmDialog
      title={texts.discardTitle}
      text={texts.discardText(version)}
      action={texts.discardYes}
      isPending={data === undefined && error === null}
      error={error}
      onConfirm={() => {
        if (data === undefined) return;
        change(() => data);
        notifications.show({ message: texts.discarded });
        onClose();
      }}
      onClose={onClose}
    />
  );
}

function useDuplicate(automation: Automation) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => answer(api.POST("/api/v1/automations/{automation_id}/duplicate", { params: { path: { automation_id: automation.id } } })),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: queryKeys.automations.lists() });
      await navigate(`/automations/${id}`);
    },
    onError: notifyProblem,
  });
}
