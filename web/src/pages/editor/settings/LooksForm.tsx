import { Button, Group, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { queryKeys } from "@/lib/query-keys";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { api } from "@/session/client";
import { settingsTexts } from "@/texts/settings";

import { useFlush } from "@/pages/editor/draft/useFlush";
import type { Automation } from "@/pages/editor/tabs";
import { ColorChoice, IconChoice } from "./LooksChoices";
import { cleaned, type Edited, isEdited, withEdits } from "./looks";
import { Section } from "./Section";

const texts = settingsTexts.looks;
const LONGEST_NAME = 200;
const LONGEST_DESCRIPTION = 10_000;

export function LooksForm({ automation, isReadOnly }: { automation: Automation; isReadOnly: boolean }) {
  const [edited, edit] = useState<Edited>({});
  const save = useSave(automation.id);
  const looks = withEdits(automation, edited);
  const isChanged = isEdited(automation, edited);
  const isNameless = looks.name.trim() === "";
  return (
    <Section title={texts.title} text={texts.text}>
      <TextInput
        label={texts.name}
        required
        readOnly={isReadOnly}
        maxLength={LONGEST_NAME}
        value={looks.name}
        error={isNameless ? texts.nameMissing : null}
        onChange={(event) => edit({ ...edited, name: event.currentTarget.value })}
      />
      <Textarea
        label={texts.description}
        description={texts.descriptionText}
        readOnly={isReadOnly}
        maxLength={LONGEST_DESCRIPTION}
        autosize
        minRows={2}
        maxRows={10}
        value={looks.description ?? ""}
        onChange={(event) => edit({ ...edited, description: event.currentTarget.value })}
      />
      <IconChoice value={looks.icon} color={looks.color} isReadOnly={isReadOnly} onChange={(icon) => edit({ ...edited, icon })} />
      <ColorChoice value={looks.color} isReadOnly={isReadOnly} onChange={(color) => edit({ ...edited, color })} />
      {save.error !== null && <ProblemNotice error={save.error} />}
      {!isReadOnly && (
        <Group gap="sm">
          <Button disabled={!isChanged || isNameless} loading={save.isPending} onClick={() => save.mutate(edited, { onSuccess: () => edit({}) })}>
            {texts.save}
          </Button>
          {isChanged && (
            <Button variant="default" onClick={() => edit({})}>
              {texts.discard}
            </Button>
          )}
        </Group>
      )}
    </Section>
  );
}

/** Puts what was edited on top of what is there now: neither the flow nor what others call it meanwhile is written over. */
function useSave(id: string) {
  const flush = useFlush();
  const queries = useQueryClient();
  const params = { path: { automation_id: id } };
  return useMutation({
    mutationFn: async (edited: Edited) => {
      await flush();
      const { data: now, response } = await api.GET("/api/v1/automations/{automation_id}", { params });
      if (now === undefined) return;
      const body = { ...cleaned(withEdits(now, edited)), nodes: now.nodes as { [key: string]: unknown }[], edges: now.edges as { [key: string]: unknown }[] };
      await api.PUT("/api/v1/automations/{automation_id}", { params: { ...params, header: { "If-Match": response.headers.get("ETag") } }, body });
    },
    async onSuccess() {
      notifications.show({ message: texts.saved });
      await queries.invalidateQueries({ queryKey: queryKeys.automations.all });
    },
  });
}
