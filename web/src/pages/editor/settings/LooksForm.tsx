import { Button, Group, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useBlocker } from "react-router";

import { ConfirmDialog } from "@/parts/ConfirmDialog";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { Section } from "@/parts/Section";
import { useAskBeforeLeaving } from "@/parts/useAskBeforeLeaving";
import { settingsTexts } from "@/texts/settings";

import { type Edited, isEdited, withEdits } from "@/pages/editor/looks";
import type { Automation } from "@/pages/editor/tabs";
import { useLooks } from "@/pages/editor/useLooks";
import { ColorChoice, IconChoice } from "./LooksChoices";

const texts = settingsTexts.looks;
const LONGEST_NAME = 200;
const LONGEST_DESCRIPTION = 10_000;

export function LooksForm({ automation, isReadOnly }: { automation: Automation; isReadOnly: boolean }) {
  const [edited, edit] = useState<Edited>({});
  const save = useLooks(automation.id);
  const looks = withEdits(automation, edited);
  const done = () => {
    notifications.show({ message: texts.saved });
    edit({});
  };
  const isChanged = isEdited(automation, edited);
  const leaving = useBlocker(isChanged);
  useAskBeforeLeaving(isChanged);
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
        <Group gap="sm" justify="flex-end">
          {isChanged && (
            <Button variant="default" onClick={() => edit({})}>
              {texts.discard}
            </Button>
          )}
          <Button disabled={!isChanged || isNameless} loading={save.isPending} onClick={() => save.mutate(edited, { onSuccess: done })}>
            {texts.save}
          </Button>
        </Group>
      )}
      {leaving.state === "blocked" && (
        <ConfirmDialog
          title={texts.leaveTitle}
          text={texts.leaveText}
          action={texts.leave}
          isPending={false}
          error={null}
          onConfirm={() => leaving.proceed()}
          onClose={() => leaving.reset()}
        />
      )}
    </Section>
  );
}

/** Puts what was edited on top of what is there now: neither the flow nor what others call it meanwhile is written over. */
