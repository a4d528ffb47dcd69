import { Button, Group, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import type { JsonObject } from "@/flow/drawing";
import { filled, firstValues, NO_PROBLEMS, problemsIn, type StartForm } from "@/flow/inputForm";
import { queryKeys } from "@/lib/query-keys";
import { Dialog } from "@/parts/Dialog";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";
import { partsTexts } from "@/texts/parts";
import { editorTestTexts } from "@/texts/editor-test";

import type { Automation } from "@/pages/editor/tabs";
import { InputForm, NothingAsked } from "@/parts/start/InputForm";
import { RecordPicker } from "./RecordPicker";

const texts = editorTestTexts.start;

/** Starts what is published, for real, and shows the run. */
export function RunNow({ automation, form, onClose }: { automation: Automation; form: StartForm; onClose: () => void }) {
  const [record, setRecord] = useState<string | null>(null);
  const [values, setValues] = useState<JsonObject>(() => firstValues(form.fields));
  const [isAsked, setAsked] = useState(false);
  const navigate = useNavigate();
  const queries = useQueryClient();
  const start = useMutation({
    mutationFn: () => {
      const body = { input: filled(values), ...(form.record === "lead" ? { lead_id: record } : form.record === "conversation" ? { conversation_id: record } : {}) };
      return answer(api.POST("/api/v1/automations/{automation_id}/executions", { params: { path: { automation_id: automation.id } }, body }));
    },
    onSuccess: ({ id }) => {
      notifications.show({ message: texts.started });
      onClose();
      void navigate(`/automations/${automation.id}/runs/${id}`);
    },
    onError: notifyProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.automations.executions.all(automation.id) }),
  });
  const problems = problemsIn(form.fields, values);
  const isReady = problems.size === 0 && (form.record === null || record !== null);

  return (
    <Dialog onClose={onClose} title={texts.title} closeButtonProps={{ "aria-label": partsTexts.close }}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(true);
          if (isReady) start.mutate();
        }}
      >
        <Stack gap="md">
          <Text size="sm" c="dimmed">
            {texts.text(automation.published_number)}
          </Text>
          {form.record !== null && <RecordPicker account={automation.user_id} kind={form.record} value={record} onChange={setRecord} isRequired />}
          {form.fields.length > 0 ? (
            <InputForm fields={form.fields} values={values} problems={isAsked ? problems : NO_PROBLEMS} onChange={setValues} />
          ) : (
            form.record === null && <NothingAsked />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {partsTexts.cancel}
            </Button>
            <Button type="submit" loading={start.isPending} disabled={form.record !== null && record === null}>
              {texts.run}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
