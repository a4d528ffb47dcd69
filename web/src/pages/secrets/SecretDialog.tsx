import { PasswordInput, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";

import { FormDialog } from "@/parts/FormDialog";
import { secretsTexts } from "@/texts/secrets";

import { problemOfName } from "./names";
import { useSetSecret } from "./queries";

const texts = secretsTexts.form;

interface SecretDialogProps {
  account: string;
  /** Whose value is replaced; null: a new one. */
  replaced: string | null;
  taken: readonly string[];
  onClose: () => void;
}

export function SecretDialog({ account, replaced, taken, onClose }: SecretDialogProps) {
  const [name, setName] = useState(replaced ?? "");
  const [value, setValue] = useState("");
  const saving = useSetSecret(account);
  const problem = replaced === null ? problemOfName(name, taken) : null;

  function save(): void {
    saving.mutate(
      { name, value },
      {
        onSuccess: () => {
          notifications.show({ message: texts.saved(name) });
          onClose();
        },
      },
    );
  }

  return (
    <FormDialog
      title={replaced === null ? texts.newTitle : texts.replaceTitle(replaced)}
      action={texts.save}
      isReady={problem === null && value !== ""}
      sending={saving}
      onSend={save}
      onClose={onClose}
    >
      {replaced === null && (
        <TextInput
          label={texts.name}
          description={texts.nameHint}
          value={name}
          error={name === "" ? null : problem}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          required
          data-autofocus
        />
      )}
      <PasswordInput
        label={texts.value}
        description={texts.valueHint}
        value={value}
        onChange={(event) => setValue(event.currentTarget.value)}
        autoComplete="new-password"
        required
        data-autofocus={replaced !== null || undefined}
      />
    </FormDialog>
  );
}
