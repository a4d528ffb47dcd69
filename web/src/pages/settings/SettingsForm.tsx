import { notifications } from "@mantine/notifications";
import { type SubmitEvent, useState } from "react";

import { ProblemNotice } from "@/parts/ProblemNotice";
import { Section } from "@/parts/Section";
import { useAskBeforeLeaving } from "@/parts/useAskBeforeLeaving";
import { accountSettingsTexts as texts } from "@/texts/account-settings";

import { changesOf, type Edited, isEdited, type Name, otherwise, ownProblems, problemsAt, type Setting, textOf } from "./fields";
import { useChangeSettings, useSecretNames } from "./queries";
import { SaveButtons } from "./SaveButtons";
import { SettingField } from "./SettingField";

interface SettingsFormProps {
  account: string;
  title: string;
  text: string;
  names: readonly Name[];
  settings: readonly Setting[];
  isReadOnly: boolean;
}

/** What belongs together is sent together: the server judges one setting beside the others. */
export function SettingsForm({ account, title, text, names, settings, isReadOnly }: SettingsFormProps) {
  const [edited, edit] = useState<Edited>({});
  const saving = useChangeSettings(account);
  const secrets = useSecretNames(account);
  const refused = problemsAt(saving.error);
  const problems = { ...refused, ...ownProblems(edited) };
  const isChanged = isEdited(settings, edited);
  useAskBeforeLeaving(isChanged);
  const isSendable = isChanged && Object.keys(ownProblems(edited)).length === 0;

  function change(name: Name, typed: string): void {
    edit({ ...edited, [name]: typed });
    saving.reset();
  }

  function save(event: SubmitEvent): void {
    event.preventDefault();
    if (!isSendable) return;
    edit({});
    saving.mutate(changesOf(settings, edited), {
      onSuccess: () => notifications.show({ message: texts.saved }),
      // What was typed comes back, under what was typed since.
      onError: () => edit((since) => ({ ...edited, ...since })),
    });
  }

  return (
    <form onSubmit={save} noValidate>
      <Section title={title} text={text}>
        {names.map((name) => (
          <SettingField
            key={name}
            name={name}
            text={textOf(settings, edited, name)}
            otherwise={otherwise(settings, name)}
            problem={problems[name]}
            secrets={secrets}
            isReadOnly={isReadOnly}
            onChange={(typed) => change(name, typed)}
          />
        ))}
        {saving.error !== null && Object.keys(refused).length === 0 && <ProblemNotice error={saving.error} />}
        {!isReadOnly && <SaveButtons canSave={isSendable} isChanged={isChanged} isSaving={saving.isPending} onDiscard={() => edit({})} />}
      </Section>
    </form>
  );
}
